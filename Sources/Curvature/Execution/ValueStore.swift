import Kernels

/// The plan's values in memory: vectors, blocks and outputs in the run's precision, scalars in float64.
final class ValueStore {
    private let memory: Memory
    private let operands: [Value: Operand]

    init(_ plan: Plan) {
        let stored = plan.stored
        let width = plan.options.precision.storage.byteCount
        let kinds = stored.map { plan.operators.kind($0) }
        let isWide = stored.map { plan.operators.kind($0) == .scalar || plan.operators[$0].isWide }
        let sizes = zip(kinds, isWide).map { kind, isWide in
            let bytes = kind.shape.reduce(isWide ? 8 : width, *)
            return (bytes + 63) / 64 * 64
        }
        memory = Memory(byteCount: sizes.reduce(0, +))
        var address = memory.address
        var operands: [Value: Operand] = [:]
        for (index, value) in stored.enumerated() {
            let storage = isWide[index] ? .float64 : plan.options.precision.storage
            operands[value] = Operand(address: address, storage: storage, sizes: kinds[index].shape)
            address += sizes[index]
        }
        self.operands = operands
    }

    subscript(value: Value) -> Operand { operands[value]! }

    /// Reads the user's tensors.
    func load(_ plan: Plan) throws {
        for value in plan.tensors {
            guard case .tensor(let name) = plan.operators[value] else { continue }
            try plan.problem.vectors.read(name, from: 0, into: self[value])
            if let index = self[value].firstNonFinite {
                throw ProblemError(
                    .notFinite,
                    "\(plan.problem.vectors.origin): '\(name)' has a value that is not finite at element \(index)")
            }
        }
    }
}
