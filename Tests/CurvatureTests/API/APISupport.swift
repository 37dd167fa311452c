@testable import Curvature

/// A small network with cross-entropy, written in Swift throughout: 3 inputs, 2 classes, 5 examples, D = 26.
func smallProblem(seed: UInt64 = 1, hidden: Int = 4) throws -> Problem {
    var numbers = SeededNumbers(seed: seed)
    let size = 3 * hidden + hidden + 2 * hidden + 2
    return try Problem(
        model: .layers(Sequential(Linear(hidden), Activation.tanh, Linear(2)), inputShape: [3], seed: seed),
        loss: .crossEntropy(),
        data: .arrays([
            "inputs": HostArray(numbers.array(15), shape: [5, 3]), "targets": HostArray([0, 1, 1, 0, 1], shape: [5]),
        ]),
        vectors: .arrays([
            "v": HostArray(numbers.array(size), shape: [size]), "u": HostArray(numbers.array(size), shape: [size]),
            "w": HostArray(numbers.array(10), shape: [10]), "V": HostArray(numbers.array(3 * size), shape: [size, 3]),
            "T": HostArray(numbers.array(8), shape: [2, 2, 2]),
        ]))
}

let float64Options: PlanOptions = {
    var options = PlanOptions()
    (options.precision, options.threads) = (.float64, 1)
    return options
}()
