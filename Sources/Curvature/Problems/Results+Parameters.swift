import Foundation
import Kernels
import Safetensors

extension Results {
    /// Writes a safetensors file in which a vector in the problem's parameter space is one tensor for each parameter,
    /// named `request/parameter` and shaped as the parameter is. A block of vectors has one more axis, the last. All
    /// other results are written whole.
    ///
    /// - Throws: an error of the file.
    public func write(to url: URL, splitting problem: Problem) throws {
        let size = problem.shape.parameters
        let tensors = entries.flatMap { entry -> [SafetensorsTensor] in
            guard (1...2).contains(entry.shape.count), entry.shape[0] == size else {
                return [stored(entry.operand, name: entry.name, shape: entry.shape)]
            }
            let columns = Array(entry.shape.dropFirst())
            let width = columns.first ?? 1
            return zip(problem.parameters, problem.shape.parameterExtents).map { parameter, extent in
                let part = entry.operand.elements(
                    from: extent.entries.lowerBound * width, count: extent.entries.count * width)
                return stored(part, name: "\(entry.name)/\(parameter.name)", shape: parameter.shape + columns)
            }
        }
        // The entries own the memory that the tensors are read from.
        try withExtendedLifetime(self) { try SafetensorsWriter.write(tensors, to: url) }
    }

    private func stored(_ operand: Operand, name: String, shape: [Int]) -> SafetensorsTensor {
        switch precision {
        case .float32:
            SafetensorsTensor(name: name, dtype: .f32, shape: shape) { write in
                try operand.withMutableSpan(of: Float.self) { try write($0.bytes) }
            }
        case .float64:
            SafetensorsTensor(name: name, dtype: .f64, shape: shape) { write in
                try operand.withMutableSpan(of: Double.self) { try write($0.bytes) }
            }
        }
    }
}
