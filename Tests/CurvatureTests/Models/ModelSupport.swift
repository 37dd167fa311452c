import TensorIR
import Testing

@testable import Curvature

extension Model {
    /// Other values for everything, statistics included: away from 0 and 1, variances positive.
    func randomized(seed: UInt64) throws -> Model {
        var numbers = SeededNumbers(seed: seed)
        return try withParameters(
            Dictionary(
                uniqueKeysWithValues: parameters.map { parameter in
                    let values = numbers.array(parameter.count)
                    return (
                        parameter.name, .float64(parameter.name.hasSuffix("var") ? values.map { $0 + 1.5 } : values)
                    )
                }))
    }
    /// A squared-error problem whose targets are arbitrary.
    func problem(_ inputs: Grid, isInteger: Bool = false, parameters: [String] = []) throws -> Problem {
        let targetShape = graph.shape(prediction).sizes(examples: inputs.shape[0])
        var numbers = SeededNumbers(seed: 77)
        let values: ArraySource.Values = isInteger ? .int64(inputs.values.map { Int64($0) }) : .real(inputs.values)
        let data = ArraySource([
            "inputs": (inputs.shape, values),
            "targets": (targetShape, .real(numbers.array(targetShape.reduce(1, *)))),
        ])
        return try Problem(
            name: "model", model: self, loss: Loss(.meanSquaredError()), data: data, vectors: ArraySource([:]),
            parameters: parameters)
    }
    func predictions(_ inputs: Grid, isInteger: Bool = false, parameters: [String] = []) throws -> Grid {
        let problem = try problem(inputs, isInteger: isInteger, parameters: parameters)
        let entry = try #require(evaluate(["prediction"], problem).results["prediction"])
        return Grid(entry.shape, entry.values)
    }
    var grids: [String: Grid] {
        Dictionary(
            uniqueKeysWithValues: parameters.map { ($0.name, Grid($0.shape, $0.values.doubles)) })
    }
}

/// A network without parameters has no problem; this one adds a parameter that does nothing to the prediction.
struct WithParameter: Layer {
    let layer: any Layer
    func forward(_ x: Tensor, in scope: Scope) throws -> Tensor {
        let y = try layer(x, in: scope)
        return try y + scope.parameter("unused", shape: [1], .zeros) * 0
    }
}
