import Foundation
import Kernels
import Safetensors

/// Tensors of a safetensors file, mapped: only what a batch needs is read.
package struct SafetensorsSource: DataSource {
    package let origin: String
    package let tensors: [String: DataTensor]
    private let file: SafetensorsFile

    package init(_ url: URL) throws {
        file = try SafetensorsFile(contentsOf: url)
        origin = url.relativePath
        tensors = Dictionary(
            uniqueKeysWithValues: file.entries.map { entry in
                (entry.name, DataTensor(shape: entry.shape, isInteger: !entry.dtype.isFloatingPoint))
            })
    }

    package func read(_ name: String, from start: Int, into destination: Operand) throws {
        switch destination.storage {
        case .float32:
            _ = try destination.withMutableSpan(of: Float.self) { try file.read(name, from: start, into: &$0) }
        case .float64:
            _ = try destination.withMutableSpan(of: Double.self) { try file.read(name, from: start, into: &$0) }
        case .int64:
            _ = try destination.withMutableSpan(of: Int64.self) { try file.read(name, from: start, into: &$0) }
        case .bool:
            var values = [Int64](repeating: 0, count: destination.count)
            var span = values.mutableSpan
            try file.read(name, from: start, into: &span)
            destination.fill(values.map { $0 != 0 })
        }
    }
}
