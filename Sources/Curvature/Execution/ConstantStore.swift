import Kernels
import TensorIR

/// A program's constants, and tensors that are read once (class weights, the loss's divisor): what no run changes.
final class ConstantStore {
    private let memory: Memory
    private(set) var operands: [Schedule.Buffer: Operand] = [:]

    init(_ schedule: Schedule, _ precision: Precision) {
        let graph = schedule.graph
        let leaves = schedule.leaves.filter { leaf in
            if graph.primitive(leaf) is ConstantLeaf { return true }
            guard let input = graph.primitive(leaf) as? InputLeaf, !schedule.kept.contains(leaf) else { return false }
            if case .auxiliary = input.role { return true }
            return false
        }
        func size(_ leaf: Node) -> Int {
            let type = graph.type(leaf)
            return (type.shape.factor * type.element.storage(precision).byteCount + 63) / 64 * 64
        }
        memory = Memory(byteCount: leaves.reduce(0) { $0 + size($1) })
        var address = memory.address
        for leaf in leaves {
            let type = graph.type(leaf)
            let operand = Operand(
                address: address, storage: type.element.storage(precision), sizes: type.shape.sizes(examples: 1))
            operands[.value(leaf)] = operand
            address += size(leaf)
            switch graph.constantValue(leaf)?.values {
            case .real(let values): operand.fill(values)
            case .int64(let values): operand.fill(values)
            case .bool(let values): operand.fill(values)
            case nil: break
            }
        }
    }
}
