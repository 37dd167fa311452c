extension Problem {
    /// The same problem with further vectors, each a set of tensors that are all its parameters: a checkpoint, say, or
    /// a result that was written with `Results.write(to:splitting:)`.
    ///
    /// - Parameter vectors: The tensors by the vector's name in expressions. Each set has a tensor for every selected
    ///   parameter, under its name and in its shape; what else it has is not looked at. The weights of a recurrent network that an exporter
    ///   put together may be there as PyTorch has them instead: `rnn.weight_ih_l0` and so on, each with its gates in PyTorch's order.
    /// - Throws: ``ProblemError`` that names every tensor that is missing or has another shape.
    public func naming(_ vectors: [String: TensorSource]) throws -> Problem {
        if vectors.isEmpty { return self }
        for (name, vector) in vectors.sorted(by: { $0.key < $1.key }) {
            let source = vector.source
            guard self.vectors.tensors[name] == nil else {
                throw ProblemError(
                    .expression,
                    "\(source.origin): there is a tensor \(OneLine.quoted(name)) in \(self.vectors.origin) already; give it another name"
                )
            }
            let problems = parameters.flatMap { parameter -> [String] in
                let own = [(name: parameter.name, shape: parameter.shape)]
                let isWhole = source.tensors[parameter.name] != nil || parameter.pieces.isEmpty
                return (isWhole ? own : parameter.pieces.tensors).compactMap { name, shape in
                    let quoted = OneLine.quoted(name)
                    guard let tensor = source.tensors[name] else { return "\(quoted) is missing" }
                    return tensor.shape == shape
                        ? nil : "\(quoted) has shape \(tensor.shape), expected \(shape)"
                }
            }
            guard problems.isEmpty else {
                throw ProblemError(
                    .expression,
                    "\(source.origin): it is no vector of this problem's parameters: \(problems.joined(separator: "; "))"
                )
            }
        }
        var problem = self
        problem.vectors = ParameterVectorSource(
            base: self.vectors, vectors: vectors.mapValues(\.source), parameters: parameters)
        return problem
    }
}
