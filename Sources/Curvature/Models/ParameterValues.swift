import Kernels

/// A parameter's values, row-major, in the precision they came in. Copies share them, and so do plans that run in this precision and are told to
/// (``PlanOptions/sharesParameters``): large weights are in memory once.
public struct ParameterValues: @unchecked Sendable {
    // `@unchecked`: nobody writes to the memory once the values exist.
    private enum Content {
        case memory(Memory)
        /// Still in a file.
        case deferred(DeferredValues)
    }
    private let content: Content
    package let storage: Storage
    /// The number of elements.
    public let count: Int

    /// Single precision.
    public static func float32(_ values: [Float]) -> ParameterValues {
        ParameterValues(.float32, count: values.count) { memory in
            values.withUnsafeBytes { memory.copyMemory(from: $0) }
        }
    }
    /// Double precision, which a run in float64 keeps.
    public static func float64(_ values: [Double]) -> ParameterValues {
        ParameterValues(.float64, count: values.count) { memory in
            values.withUnsafeBytes { memory.copyMemory(from: $0) }
        }
    }

    /// - Parameter fill: Writes `count` elements of the storage's type.
    package init(_ storage: Storage, count: Int, fill: (UnsafeMutableRawBufferPointer) throws -> Void) rethrows {
        (self.storage, self.count) = (storage, count)
        // A plan counts the model's values by itself, whoever holds them.
        let memory = Memory(byteCount: count * storage.byteCount, isCounted: false)
        try fill(UnsafeMutableRawBufferPointer(start: memory.address, count: memory.byteCount))
        content = .memory(memory)
    }

    /// Writes the elements of a range, in the storage's type.
    package typealias Reader = @Sendable (_ elements: Range<Int>, _ destination: UnsafeMutableRawBufferPointer) -> Void

    /// Values that are read when something needs them; see ``load()``.
    ///
    /// - Parameter forget: Is called after each reading: what was read will not be needed soon again.
    package init(
        deferred storage: Storage, count: Int, forget: @escaping @Sendable () -> Void = {}, read: @escaping Reader
    ) {
        (self.storage, self.count) = (storage, count)
        content = .deferred(DeferredValues(read, forget: forget))
    }

    /// Whether they are in double precision.
    public var isDouble: Bool { storage == .float64 }
    /// What they take, in bytes.
    public var byteCount: Int { count * storage.byteCount }
    /// Every element, as Double.
    public var doubles: [Double] {
        withMemory { Operand(address: $0.address, storage: storage, sizes: [count]).doubles }
    }

    /// Has them in memory from now on, for all copies.
    package func load() { _ = kept }
    private var kept: Memory {
        switch content {
        case .memory(let memory): memory
        case .deferred(let values): values.load(count: count, storage)
        }
    }
    /// All of them, for a while where nothing has them in memory.
    private func withMemory<Result>(_ body: (Memory) throws -> Result) rethrows -> Result {
        switch content {
        case .memory(let memory): return try withExtendedLifetime(self) { try body(memory) }
        case .deferred(let values):
            let memory = values.loaded ?? values.copy(0..<count, storage)
            return try withExtendedLifetime(memory) { try body(memory) }
        }
    }

    /// The values where they lie in memory. They live as long as this value, or a copy of it, does.
    package var operand: Operand { Operand(address: kept.address, storage: storage, sizes: [count]) }

    /// The elements in their own type, lent.
    package enum Elements {
        case float32(UnsafeBufferPointer<Float>)
        case float64(UnsafeBufferPointer<Double>)
    }
    package func withElements<Result>(_ body: (Elements) throws -> Result) rethrows -> Result {
        try withMemory { try body(elements($0, count)) }
    }
    private func elements(_ memory: Memory, _ count: Int) -> Elements {
        storage == .float64
            ? .float64(.init(start: memory.address.assumingMemoryBound(to: Double.self), count: count))
            : .float32(.init(start: memory.address.assumingMemoryBound(to: Float.self), count: count))
    }

    /// How many elements are looked at at a time where they are not in memory.
    private static let pieceLength = 1 << 18

    /// The elements from the first on, piece by piece, until `body` says that it has seen enough: values in a file do not come into memory
    /// together.
    package func scan(_ body: (_ elements: Elements, _ start: Int) -> Bool) {
        guard case .deferred(let values) = content, values.loaded == nil else {
            withElements { _ = body($0, 0) }
            return
        }
        let memory = Memory(byteCount: min(count, Self.pieceLength) * storage.byteCount, isCounted: false)
        for start in stride(from: 0, to: count, by: Self.pieceLength) {
            let piece = start..<min(count, start + Self.pieceLength)
            values.copy(piece, storage, into: memory)
            let goesOn = withExtendedLifetime(memory) { body(elements(memory, piece.count), start) }
            guard goesOn else { return }
        }
    }

    /// The first elements.
    package func prefix(_ length: Int) -> [Double] {
        guard case .deferred(let values) = content, values.loaded == nil else {
            return withMemory {
                Operand(address: $0.address, storage: storage, sizes: [min(count, length)]).doubles
            }
        }
        let memory = values.copy(0..<min(count, length), storage)
        return withExtendedLifetime(memory) {
            Operand(address: memory.address, storage: storage, sizes: [min(count, length)]).doubles
        }
    }

    /// Whether none is NaN or infinite.
    package var isFinite: Bool {
        var isFinite = true
        scan { elements, _ in
            let operand =
                switch elements {
                case .float32(let values):
                    Operand(
                        address: UnsafeMutableRawPointer(mutating: UnsafeRawPointer(values.baseAddress!)),
                        storage: .float32, sizes: [values.count])
                case .float64(let values):
                    Operand(
                        address: UnsafeMutableRawPointer(mutating: UnsafeRawPointer(values.baseAddress!)),
                        storage: .float64, sizes: [values.count])
                }
            isFinite = operand.firstNonFinite == nil
            return isFinite
        }
        return isFinite
    }
}

extension ParameterValues: CustomStringConvertible {
    /// The precision and the first values.
    public var description: String {
        let shown = prefix(8).map { isDouble ? "\($0)" : "\(Float($0))" }.joined(separator: ", ")
        return "\(isDouble ? "float64" : "float32")([\(shown)\(count > 8 ? ", ..." : "")])"
    }
}
