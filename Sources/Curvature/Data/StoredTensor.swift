import Kernels
import Safetensors

/// A tensor's elements somewhere in a mapped file, row-major and little-endian.
struct StoredTensor: Sendable {
    var shape: [Int]
    var dtype: SafetensorsDType
    /// The first byte.
    var offset: Int

    /// Reads elements from `start` on, converting them to the operand's storage.
    func read(_ file: MappedFile, from start: Int, into destination: Operand) throws {
        let first = offset + start * dtype.byteCount
        let range = first..<first + destination.count * dtype.byteCount
        switch destination.storage {
        case .float32:
            destination.withMutableSpan(of: Float.self) { span in
                _ = file.withBytes(in: range) { Float.readStored($0, of: dtype, into: &span) }
            }
        case .float64:
            destination.withMutableSpan(of: Double.self) { span in
                _ = file.withBytes(in: range) { Double.readStored($0, of: dtype, into: &span) }
            }
        case .int64:
            try destination.withMutableSpan(of: Int64.self) { span in
                _ = try file.withBytes(in: range) { try Int64.readStored($0, of: dtype, into: &span) }
            }
        case .bool:
            var values = [Int64](repeating: 0, count: destination.count)
            var span = values.mutableSpan
            _ = try file.withBytes(in: range) { try Int64.readStored($0, of: dtype, into: &span) }
            destination.fill(values.map { $0 != 0 })
        }
    }
}
