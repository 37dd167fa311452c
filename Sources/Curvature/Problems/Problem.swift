import Kernels
import TensorIR

/// A model, a loss, a data set and the parameters to differentiate in: what every request is about.
public struct Problem: Sendable {
    /// The network.
    public let model: Model
    /// What its predictions are compared with targets by, with the axis of the classes where the shapes alone tell it.
    public let loss: Loss
    package private(set) var data: any DataSource
    /// Tensors that requests and loss options name.
    package internal(set) var vectors: any DataSource
    /// The selected parameters in the order of parameter space, as indices into the model's.
    public let selection: [Int]
    /// N, T, C, D and the shape of the predictions.
    public let shape: ProblemShape
    /// The file that the model came from, for messages and explain.
    public let name: String
    /// Whether cross-entropy's targets are class indices.
    package let hasIndexTargets: Bool
    /// Values that a loss of one's own gives for each term, which a mean is over; 1 for others.
    let valuesPerTerm: Int
    /// Whether the user wrote down the parameters in order, by name.
    let statesOrder: Bool
    /// The same for copies: expressions of one problem go together, those of two do not.
    let token = ProblemIdentity()

    /// The selected parameters in the order of parameter space.
    public var parameters: [Parameter] { selection.map { model.parameters[$0] } }

    /// - Parameters:
    ///   - inputs, targets: The data's tensors are `inputs` (or the model's own input names) and `targets`.
    ///   - parameters: Names or globs in order, `-NAME` to leave one out; empty for every trainable parameter.
    package init(
        name: String, model: Model, loss: Loss, data: any DataSource, vectors: any DataSource, parameters: [String] = []
    ) throws {
        (self.name, self.model, self.data, self.vectors) = (name, model, data, vectors)
        selection = try ParameterSelection.select(parameters, from: model)
        statesOrder = parameters.contains { pattern in model.parameters.contains { $0.name == pattern } }
        let checked = try ProblemCheck(model: model, loss: loss, data: data, vectors: vectors)
        self.loss = checked.loss
        hasIndexTargets = checked.hasIndexTargets
        valuesPerTerm = checked.valuesPerTerm
        let count = selection.reduce(0) { $0 + model.parameters[$1].count }
        var shape = ProblemShape(
            examples: checked.examples, terms: checked.terms, outputs: checked.outputs, parameters: count,
            predictionShape: checked.predictionShape)
        var start = 0
        for parameter in selection.map({ model.parameters[$0] }) {
            shape.parameterExtents.append(
                ParameterExtent(name: parameter.name, entries: start..<start + parameter.count))
            start += parameter.count
        }
        self.shape = shape
    }

    /// The same problem about other data of the same shapes.
    ///
    /// - Throws: ``ProblemError`` where a tensor is missing or has another shape.
    package func replacing(data: any DataSource) throws -> Problem {
        let checked = try ProblemCheck(model: model, loss: loss, data: data, vectors: vectors)
        guard checked.predictionShape == shape.predictionShape, checked.hasIndexTargets == hasIndexTargets else {
            throw ProblemError(
                .data,
                "\(data.origin): expected \(shape.examples) examples and targets as before, found \(checked.examples) examples; compile again for other shapes"
            )
        }
        var problem = self
        problem.data = data
        return problem
    }

    /// The data's name for a model input.
    package func dataName(of input: ModelInput) -> String { Problem.dataName(of: input, model: model, data: data) }

    static func dataName(of input: ModelInput, model: Model, data: any DataSource) -> String {
        model.inputs.count == 1 && data.tensors["inputs"] != nil ? "inputs" : input.name
    }
}

/// Which problem an expression is about.
final class ProblemIdentity: Sendable, Equatable {
    static func == (a: ProblemIdentity, b: ProblemIdentity) -> Bool { a === b }
}
