import Kernels
import TensorIR

/// The model's parameters in the run's precision, each contiguous, shared by all passes.
final class ParameterStore {
    /// What is not the model's own.
    private let memory: Memory
    /// The values that are the model's own live as long as it does.
    private let model: Model
    private let operands: [Operand]

    /// - Parameter isShared: Whether values that the model has in the run's precision are used where they lie. Nobody may write to them then.
    init(_ model: Model, _ precision: Precision, isShared: Bool) {
        self.model = model
        let storage = precision.storage
        // Each begins at a cache line.
        let sizes = model.parameters.map {
            $0.isUsedInPlace(storage, isShared) ? 0 : ($0.count * storage.byteCount + 63) / 64 * 64
        }
        memory = Memory(byteCount: sizes.reduce(0, +))
        var address = memory.address
        var operands: [Operand] = []
        for (parameter, size) in zip(model.parameters, sizes) {
            let own = parameter.values.operand
            if parameter.isUsedInPlace(storage, isShared) {
                operands.append(Operand(address: own.address, storage: storage, sizes: parameter.shape))
                continue
            }
            let operand = Operand(address: address, storage: storage, sizes: parameter.shape)
            ColumnCombination.copy(own.asColumn, to: operand.asColumn)
            operands.append(operand)
            address += size
        }
        self.operands = operands
    }

    /// Bytes that a store takes beside the model.
    static func byteCount(_ model: Model, _ precision: Precision, isShared: Bool) -> Int {
        let storage = precision.storage
        return model.parameters.reduce(0) { sum, parameter in
            parameter.isUsedInPlace(storage, isShared) ? sum : sum + parameter.count * storage.byteCount
        }
    }

    subscript(index: Int) -> Operand { operands[index] }
    var count: Int { operands.count }

    /// The first parameter with a value that is not finite.
    var firstNonFinite: String? {
        for (parameter, operand) in zip(model.parameters, operands) {
            if let index = operand.firstNonFinite {
                return "parameter \(OneLine.quotedName(parameter.name)) has one at element \(index)"
            }
        }
        return nil
    }
}

extension Operand {
    fileprivate var asColumn: Operand { Operand(address: address, storage: storage, sizes: [count, 1]) }
}

extension Parameter {
    fileprivate func isUsedInPlace(_ storage: Storage, _ isShared: Bool) -> Bool {
        isShared && values.storage == storage
    }
}
