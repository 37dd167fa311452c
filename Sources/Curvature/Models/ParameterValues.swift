import Kernels

/// A parameter's values, row-major, in the precision they came in. Copies share them, and so do plans that run in this precision and are told to
/// (``PlanOptions/sharesParameters``): large weights are in memory once.
public struct ParameterValues: @unchecked Sendable {
    // `@unchecked`: nobody writes to the memory once the values exist.
    private let memory: Memory
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
        memory = Memory(byteCount: count * storage.byteCount, isCounted: false)
        try fill(UnsafeMutableRawBufferPointer(start: memory.address, count: memory.byteCount))
    }

    /// Whether they are in double precision.
    public var isDouble: Bool { storage == .float64 }
    /// What they take, in bytes.
    public var byteCount: Int { count * storage.byteCount }
    /// Every element, as Double.
    public var doubles: [Double] { withExtendedLifetime(self) { operand.doubles } }

    /// The values where they lie. They live as long as this value, or a copy of it, does.
    package var operand: Operand { Operand(address: memory.address, storage: storage, sizes: [count]) }

    /// The elements in their own type, lent.
    package enum Elements {
        case float32(UnsafeBufferPointer<Float>)
        case float64(UnsafeBufferPointer<Double>)
    }
    package func withElements<Result>(_ body: (Elements) throws -> Result) rethrows -> Result {
        try withExtendedLifetime(self) {
            switch storage {
            case .float64:
                try body(
                    .float64(.init(start: memory.address.assumingMemoryBound(to: Double.self), count: count)))
            default:
                try body(.float32(.init(start: memory.address.assumingMemoryBound(to: Float.self), count: count)))
            }
        }
    }
}

extension ParameterValues: CustomStringConvertible {
    /// The precision and the first values.
    public var description: String {
        withElements { elements in
            switch elements {
            case .float32(let values): Self.text("float32", values)
            case .float64(let values): Self.text("float64", values)
            }
        }
    }
    private static func text(_ type: String, _ values: UnsafeBufferPointer<some BinaryFloatingPoint>) -> String {
        let shown = values.prefix(8).map { "\($0)" }.joined(separator: ", ")
        return "\(type)([\(shown)\(values.count > 8 ? ", ..." : "")])"
    }
}
