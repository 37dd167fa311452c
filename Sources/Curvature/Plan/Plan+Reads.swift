import TensorIR

extension Plan.Work {
    /// The plan's value that a leaf of the step's program stands for, or is a piece of.
    func value(readBy leaf: Node) -> Value? {
        switch self {
        case .dataPass(let pass):
            guard let slot = (pass.graph.primitive(leaf) as? InputLeaf)?.role.slot else { return nil }
            return pass.slots[slot]
        case .algebra(let step):
            guard case .value(let index)? = (step.graph.primitive(leaf) as? InputLeaf)?.role else { return nil }
            return Value(index: index)
        }
    }
}
