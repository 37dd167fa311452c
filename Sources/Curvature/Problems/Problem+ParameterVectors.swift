extension Problem {
    /// The same problem with further vectors, each a set of tensors that are all its parameters: a checkpoint, say, or
    /// a result that was written with `Results.write(to:splitting:)`.
    ///
    /// - Parameter vectors: The tensors by the vector's name in expressions. Each set has a tensor for every selected
    ///   parameter, under its name and in its shape; what else it has is not looked at.
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
            let problems = parameters.compactMap { parameter -> String? in
                let quoted = OneLine.quoted(parameter.name)
                guard let tensor = source.tensors[parameter.name] else { return "\(quoted) is missing" }
                guard tensor.shape == parameter.shape else {
                    return "\(quoted) has shape \(tensor.shape), expected \(parameter.shape)"
                }
                return nil
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
            base: self.vectors, vectors: vectors.mapValues(\.source), extents: shape.parameterExtents)
        return problem
    }
}
