import Foundation

@testable import Curvature

/// Parses requests, one a line, for a problem of some size; and the first line as a loss.
func requestsBody() -> (UnsafeRawBufferPointer) -> Void {
    let shape = ProblemShape(examples: 40, terms: 1, outputs: 10, parameters: 506, predictionShape: [40, 10])
    let tensors = [
        "u": [400], "v": [506], "w": [506], "U": [400, 3], "V": [506, 3], "M": [506, 5], "s": [], "cube": [2, 3, 4],
    ]
    return { bytes in
        let texts = lines(bytes)
        do {
            for request in try parseRequests(texts, shape: shape, tensors: tensors) {
                // What is printed is read again as the same.
                let text = request.expression.text(limit: .max)
                let again = try parseRequests(["again_ = " + text], shape: shape, tensors: tensors)
                precondition(again[0].expression == request.expression, "\(text) is read as \(again[0].expression)")
            }
        } catch {
            check(error)
        }
        do { _ = try texts.first.map { try Loss(parsing: $0) } } catch { check(error) }
    }
}

/// Compiles requests, one a line, for a network of 26 parameters.
func planBody() -> (UnsafeRawBufferPointer) -> Void {
    let problem: Problem
    do { problem = try smallProblem() } catch { fatalError("\(error)") }
    var options = PlanOptions()
    options.threads = 1
    options.memory = 1 << 28
    return { [options] bytes in
        do {
            let requests = try parseRequests(lines(bytes), in: problem)
            _ = try Plan(requests, problem: problem, options: options)
        } catch {
            check(error)
        }
    }
}

private func lines(_ bytes: UnsafeRawBufferPointer) -> [String] {
    String(decoding: bytes, as: UTF8.self).split(separator: "\n").prefix(6).map(String.init)
}

private func smallProblem() throws -> Problem {
    func ramp(_ shape: [Int]) throws -> HostArray {
        let values = (0..<shape.reduce(1, *)).map { Double($0 * 37 % 23) / 11 - 1 }
        return try HostArray(values, shape: shape)
    }
    return try Problem(
        model: .layers(Sequential(Linear(4), Activation.tanh, Linear(2)), inputShape: [3]), loss: .crossEntropy(),
        data: .arrays(["inputs": ramp([5, 3]), "targets": HostArray([0, 1, 1, 0, 1], shape: [5])]),
        vectors: .arrays([
            "u": ramp([10]), "v": ramp([26]), "w": ramp([26]), "U": ramp([10, 3]), "V": ramp([26, 3]),
            "M": ramp([26, 5]), "s": ramp([]), "cube": ramp([2, 3, 4]),
        ]))
}
