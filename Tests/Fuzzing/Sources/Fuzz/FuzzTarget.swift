import Curvature
import ONNXImport
import Safetensors

/// What is fuzzed. Each target is a function of bytes that has to come to an end: with an answer, or with one of the
/// package's own errors.
enum FuzzTarget: String, CaseIterable {
    case safetensors, npy, npz, onnx, graph, requests, plan

    /// What is done with one input. Whatever it needs for all of them is made here, once.
    func body() -> (UnsafeRawBufferPointer) -> Void {
        switch self {
        case .safetensors: safetensorsBody()
        case .npy: numpyBody("fuzz.npy")
        case .npz: numpyBody("fuzz.npz")
        case .onnx: onnxBody()
        case .graph: graphBody()
        case .requests: requestsBody()
        case .plan: planBody()
        }
    }
}

/// Ends the process if an error is none that a caller could be expected to know, or is not one line.
func check(_ error: any Error) {
    switch error {
    case is SafetensorsError, is ProblemError, is ONNXImportError, is ExpressionError, is ModelError: break
    default: fatalError("an error of type \(type(of: error)): \(error)")
    }
    let text = "\(error)"
    precondition(!text.isEmpty && !text.contains { $0.isNewline }, "expected one line, found \(text.debugDescription)")
}
