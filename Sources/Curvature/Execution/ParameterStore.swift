import Kernels
import TensorIR

/// The model's parameters in the run's precision, each a contiguous buffer, shared by all passes.
final class ParameterStore {
    private let memory: Memory
    private let operands: [Operand]
    private let names: [String]

    init(_ model: Model, _ precision: Precision) {
        let width = precision.storage.byteCount
        // Each begins at a cache line.
        let sizes = model.parameters.map { ($0.count * width + 63) / 64 * 64 }
        memory = Memory(byteCount: sizes.reduce(0, +))
        var address = memory.address
        var operands: [Operand] = []
        for (parameter, size) in zip(model.parameters, sizes) {
            let operand = Operand(address: address, storage: precision.storage, sizes: parameter.shape)
            switch parameter.values {
            case .float32(let values): operand.fill(values)
            case .float64(let values): operand.fill(values)
            }
            operands.append(operand)
            address += size
        }
        (self.operands, names) = (operands, model.parameters.map(\.name))
    }

    subscript(index: Int) -> Operand { operands[index] }
    var count: Int { operands.count }

    /// The first parameter with a value that is not finite.
    var firstNonFinite: String? {
        for (name, operand) in zip(names, operands) {
            if let index = operand.firstNonFinite {
                return "parameter \(OneLine.quotedName(name)) has one at element \(index)"
            }
        }
        return nil
    }
}
