import CKernels

/// One step of an elementwise program: `destination = operation(sources...)`, on registers that hold one value for
/// each element.
package struct ElementwiseInstruction: Hashable, Sendable {
    package var operation: ElementwiseOperation
    /// Of the operands; for `select`, of its two values; for `cast`, of the source.
    package var storage: Storage
    package var resultStorage: Storage
    package var destination: Int
    /// What the operation does not take is ignored.
    package var sources: (Int, Int, Int)

    package init(
        operation: ElementwiseOperation, storage: Storage, resultStorage: Storage, destination: Int,
        sources: (Int, Int, Int)
    ) {
        self.operation = operation
        self.storage = storage
        self.resultStorage = resultStorage
        self.destination = destination
        self.sources = sources
    }

    /// The sources that the operation takes.
    package var usedSources: [Int] {
        Array([sources.0, sources.1, sources.2].prefix(operation.sourceCount))
    }

    package static func == (a: Self, b: Self) -> Bool {
        a.operation == b.operation && a.storage == b.storage && a.resultStorage == b.resultStorage
            && a.destination == b.destination && a.usedSources == b.usedSources
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(operation)
        hasher.combine(storage)
        hasher.combine(resultStorage)
        hasher.combine(destination)
        hasher.combine(usedSources)
    }
}

extension ElementwiseOperation {
    /// The loop that computes it, or nil if there is no such operation on `storage`.
    func function(for storage: Storage, result: Storage) -> ck_elementwise? {
        ck_elementwise_lookup(CInt(rawValue), CInt(storage.rawValue), CInt(result.rawValue))
    }

    /// Whether the operation exists for operands stored as `storage`.
    package func isDefined(for storage: Storage) -> Bool { function(for: storage, result: .bool) != nil }

    /// How the result is stored; `cast` has no rule, its instruction says it.
    package func resultStorage(for storage: Storage) -> Storage {
        switch self {
        case .isNaN, .isInf, .equal, .less, .lessOrEqual, .and, .or, .xor, .not: .bool
        default: storage
        }
    }
}
