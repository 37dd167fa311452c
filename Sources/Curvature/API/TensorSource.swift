import Foundation
import Safetensors

/// Tensors by name: a data set, or vectors and weights.
public struct TensorSource: Sendable {
    package let source: any DataSource

    /// The tensors of a safetensors file, of which nothing is read until a plan runs.
    ///
    /// - Throws: an error of the file, if it is none.
    public static func safetensors(_ url: URL) throws -> TensorSource {
        TensorSource(source: try SafetensorsSource(url))
    }

    /// No tensors at all.
    ///
    /// - Parameter origin: what messages say where one is asked for.
    package static func empty(origin: String) -> TensorSource { TensorSource(source: ArraySource([:], origin: origin)) }

    /// Tensors in memory.
    public static func arrays(_ arrays: [String: HostArray]) -> TensorSource {
        TensorSource(source: ArraySource(arrays.mapValues { ($0.shape, $0.values) }))
    }
}

/// A tensor in memory, row-major.
public struct HostArray: Sendable {
    /// The extents, row-major; none for a scalar.
    public let shape: [Int]
    let values: ArraySource.Values

    /// - Throws: ``ProblemError`` if the shape takes another number of elements.
    @inlinable
    public init(_ values: some Sequence<some BinaryFloatingPoint>, shape: [Int]) throws {
        // Converted in the caller's module, where the types are known: unspecialized it is far slower.
        try self.init(reals: values.map { Double($0) }, shape: shape)
    }
    /// - Throws: ``ProblemError`` if the shape takes another number of elements.
    @inlinable
    public init(_ values: some Sequence<some FixedWidthInteger>, shape: [Int]) throws {
        try self.init(integers: values.map { Int64($0) }, shape: shape)
    }
    @usableFromInline init(reals: [Double], shape: [Int]) throws { try self.init(.real(reals), shape) }
    @usableFromInline init(integers: [Int64], shape: [Int]) throws { try self.init(.int64(integers), shape) }

    private init(_ values: ArraySource.Values, _ shape: [Int]) throws {
        let count =
            switch values {
            case .real(let values): values.count
            case .int64(let values): values.count
            }
        guard shape.allSatisfy({ $0 >= 0 }), let bytes = SafetensorsDType.f64.byteCount(of: shape) else {
            throw ProblemError(.data, "an array: expected a shape that fits memory, found \(shape)")
        }
        guard bytes == 8 * count else {
            throw ProblemError(
                .data, "an array: expected \(bytes / 8) elements for the shape \(shape), found \(count)")
        }
        (self.shape, self.values) = (shape, values)
    }
}
