import Curvature
import Foundation

@testable import ONNXImport

/// Reads a model up to its tensor graph.
func onnxBody() -> (UnsafeRawBufferPointer) -> Void {
    { bytes in
        do {
            let file = try ONNXFile(Data(bytes), name: "fuzz.onnx")
            _ = file.operatorCounts()
            let model = try file.model(inputShapes: [:], examples: 3, standIn: 4)
            for parameter in model.parameters { precondition(parameter.count >= 0) }
        } catch {
            check(error)
        }
    }
}
