import Foundation
import Kernels

/// Other vectors, parameters and data of the same shapes, for the next run.
extension Execution {
    /// Gives a tensor that the requests name other values, row-major.
    ///
    /// - Throws: ``ProblemError`` if no request names it, or the number of values is another.
    public func setVector(_ name: String, to values: [Double]) throws {
        let value = plan.tensors.first { if case .tensor(name) = plan.operators[$0] { true } else { false } }
        guard let value else {
            throw ProblemError(.options, "no request uses a tensor \(OneLine.quotedName(name))" + suggestion(for: name))
        }
        let operand = resources.values[value]
        guard operand.count == values.count else {
            throw ProblemError(
                .options,
                "\(OneLine.quotedName(name)) has shape \(operand.sizes), \(operand.count) values; found \(values.count)"
            )
        }
        // What else the file has is read before this replaces it.
        try loadVectors()
        operand.fill(values)
    }

    private func suggestion(for name: String) -> String {
        let names = plan.tensors.compactMap { value -> String? in
            if case .tensor(let name) = plan.operators[value] { name } else { nil }
        }
        return NearestName.suggestion(for: name, in: names)
    }

    /// Gives one of the model's parameters other values, row-major.
    ///
    /// - Throws: ``ProblemError`` if there is no such parameter, the number of values is another, or the plan shares the model's values.
    public func setParameter(_ name: String, to values: [Double]) throws {
        let parameters = plan.problem.model.parameters
        guard let index = parameters.firstIndex(where: { $0.name == name }) else {
            throw ProblemError(
                .parameters,
                "no parameter \(OneLine.quotedName(name))"
                    + NearestName.suggestion(for: name, in: parameters.map(\.name)))
        }
        guard parameters[index].count == values.count else {
            throw ProblemError(
                .parameters,
                "parameter \(OneLine.quotedName(name)) has shape \(parameters[index].shape), \(parameters[index].count) values; found \(values.count)"
            )
        }
        try requireOwnParameters()
        resources.parameters[index].fill(values)
        parametersChanged()
    }

    /// theta += factor * step, in place, for the selected parameters: a step of a training loop.
    ///
    /// - Parameters:
    ///   - factor: Of the step: minus the learning rate, along a gradient.
    ///   - step: A result of D entries of a run with this precision.
    public func addToParameters(_ factor: Double, times step: Results.Entry) throws {
        guard step.shape == [plan.problem.shape.parameters], step.operand.storage == plan.options.precision.storage
        else {
            throw ProblemError(
                .parameters,
                "a step in the parameters has \(plan.problem.shape.parameters) entries in \(plan.options.precision); \(OneLine.quotedName(step.name)) has shape \(step.shape)"
            )
        }
        try requireOwnParameters()
        var start = 0
        for (index, parameter) in zip(plan.problem.selection, plan.problem.parameters) {
            let target = resources.parameters[index]
            let piece = step.operand.slice(from: start, sizes: [parameter.count])
            BLAS.axpy(target.storage, count: parameter.count, alpha: factor, x: piece.address, y: target.address)
            start += parameter.count
        }
        withExtendedLifetime(step) {}
        parametersChanged()
    }

    /// Values that are the model's, and other plans', are written by nobody.
    private func requireOwnParameters() throws {
        guard plan.options.sharesParameters else { return }
        throw ProblemError(
            .parameters,
            "the plan uses the model's own parameters; compile with sharesParameters = false to replace them")
    }

    /// The selected parameters as they are, concatenated: (D).
    public var parameterValues: [Double] { plan.problem.selection.flatMap { resources.parameters[$0].doubles } }

    /// Replaces the data by others with the same number of examples and the same shapes.
    ///
    /// - Throws: ``ProblemError`` where they are not.
    public func setData(
        inputs: (shape: [Int], values: [Double]), targets: (shape: [Int], values: [Int64])
    ) throws {
        try setData(
            ArraySource([
                "inputs": (inputs.shape, .real(inputs.values)), "targets": (targets.shape, .int64(targets.values)),
            ]))
    }

    /// The same from a safetensors file with tensors `inputs` and `targets`.
    public func setData(_ url: URL) throws { try setData(SafetensorsSource(url)) }

    package func setData(_ data: any DataSource) throws {
        resources.problem = try resources.problem.replacing(data: data)
        dataChanged()
    }
}
