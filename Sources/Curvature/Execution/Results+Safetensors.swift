import Foundation
import Kernels
import Safetensors

extension Results {
    /// Writes all values under their requests' names, in the run's precision. The file appears whole or not at all.
    public func write(to url: URL) throws {
        let tensors = entries.map { entry in
            let operand = entry.operand
            switch precision {
            case .float32:
                return SafetensorsTensor(name: entry.name, dtype: .f32, shape: entry.shape) { write in
                    try operand.withMutableSpan(of: Float.self) { try write($0.bytes) }
                }
            case .float64:
                return SafetensorsTensor(name: entry.name, dtype: .f64, shape: entry.shape) { write in
                    try operand.withMutableSpan(of: Double.self) { try write($0.bytes) }
                }
            }
        }
        try SafetensorsWriter.write(tensors, to: url)
    }
}
