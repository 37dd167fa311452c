import Kernels

/// Tensors by name, read piece by piece: a data set (whose first axes are the examples) or a set of vectors.
package protocol DataSource: Sendable {
    /// Where it comes from, for messages.
    var origin: String { get }
    var tensors: [String: DataTensor] { get }
    /// Copies elements `start` and on (row-major) into a contiguous operand, converting to its storage.
    func read(_ name: String, from start: Int, into destination: Operand) throws
}

package struct DataTensor: Hashable, Sendable {
    package var shape: [Int]
    package var isInteger: Bool
    package init(shape: [Int], isInteger: Bool) { (self.shape, self.isInteger) = (shape, isInteger) }
}

/// Tensors held in memory.
package struct ArraySource: DataSource {
    package enum Values: Sendable {
        case real([Double])
        case int64([Int64])
    }
    package let origin: String
    package let tensors: [String: DataTensor]
    private let values: [String: Values]

    package init(_ arrays: [String: (shape: [Int], values: Values)], origin: String = "arrays") {
        self.origin = origin
        values = arrays.mapValues(\.values)
        tensors = arrays.mapValues { array in
            if case .int64 = array.values { return DataTensor(shape: array.shape, isInteger: true) }
            return DataTensor(shape: array.shape, isInteger: false)
        }
    }
    package func read(_ name: String, from start: Int, into destination: Operand) throws {
        let range = start..<(start + destination.count)
        switch values[name]! {
        case .real(let values): destination.fill(values[range])
        case .int64(let values): destination.fill(values[range])
        }
    }
}
