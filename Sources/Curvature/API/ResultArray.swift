import Foundation
import Kernels
import Safetensors

/// Numbers that a run has computed, in the run's precision. It keeps their memory; copies share it.
public struct ResultArray: Sendable {
    private let results: Results
    private let index: Int
    init(_ results: Results, at index: Int) { (self.results, self.index) = (results, index) }

    var entry: Results.Entry { results.entries[index] }
    /// The name of the quantity, or its expression.
    public var name: String { entry.name }
    /// The extents, row-major; none for a scalar.
    public var shape: [Int] { entry.shape }
    /// The precision that the elements are stored in.
    public var precision: Precision { results.precision }
    /// The number of elements.
    public var count: Int { entry.shape.reduce(1, *) }
    /// All elements in row-major order.
    public var values: [Double] { entry.values }

    subscript(position: Int) -> Double {
        precondition((0..<count).contains(position), "element \(position) of \(count)")
        return withExtendedLifetime(results) {
            switch precision {
            case .float32: entry.operand.withMutableSpan(of: Float.self) { Double($0[position]) }
            case .float64: entry.operand.withMutableSpan(of: Double.self) { $0[position] }
            }
        }
    }

    /// Lends the elements in place, row-major.
    ///
    /// - Throws: ``ProblemError`` if `type` is not the run's precision (`Float` or `Double`), and what `body` throws.
    public func withUnsafeBufferPointer<Element: SafetensorsElement, Result>(
        of type: Element.Type, _ body: (UnsafeBufferPointer<Element>) throws -> Result
    ) throws -> Result {
        let own: any SafetensorsElement.Type = precision == .float32 ? Float.self : Double.self
        guard type == own else {
            throw ProblemError(
                .options,
                "values of \(OneLine.quotedName(name)) are \(precision), asked for as \(type); ask for \(own), or run in another precision"
            )
        }
        return try withExtendedLifetime(results) {
            try entry.operand.withMutableSpan(of: Element.self) { span in
                try span.withUnsafeBufferPointer(body)
            }
        }
    }

    /// Writes a safetensors file with this one tensor. The file appears whole or not at all.
    public func write(to url: URL, name: String? = nil) throws {
        let name = name ?? self.name
        switch precision {
        case .float32: try write(Float.self, name, url)
        case .float64: try write(Double.self, name, url)
        }
    }
    private func write<Element: SafetensorsElement>(_ type: Element.Type, _ name: String, _ url: URL) throws {
        let tensor = SafetensorsTensor(name: name, dtype: Element.safetensorsDType, shape: shape) { write in
            try withUnsafeBufferPointer(of: type) { try write($0.span.bytes) }
        }
        try SafetensorsWriter.write([tensor], to: url)
    }
}

/// A computed value that is an array.
public protocol ArrayValue: Sendable {
    /// The elements, with their shape and precision.
    var array: ResultArray { get }
}

extension ArrayValue {
    /// The extents, row-major.
    public var shape: [Int] { array.shape }
    /// All elements in row-major order.
    public var values: [Double] { array.values }
    /// Lends the elements in place; see ``ResultArray/withUnsafeBufferPointer(of:_:)``.
    public func withUnsafeBufferPointer<Element: SafetensorsElement, Result>(
        of type: Element.Type, _ body: (UnsafeBufferPointer<Element>) throws -> Result
    ) throws -> Result { try array.withUnsafeBufferPointer(of: type, body) }
    /// Writes a safetensors file with this one tensor, under the quantity's name unless said.
    public func write(to url: URL, name: String? = nil) throws { try array.write(to: url, name: name) }
}
