/// The sizes of a model, its loss and its data: all that the kinds of leaves depend on.
public struct ProblemShape: Hashable, Sendable {
    /// N, the examples in the data.
    public var examples: Int
    /// T, the loss terms of each example: 1, or the sequence length.
    public var terms: Int
    /// C, the outputs of each term.
    public var outputs: Int
    /// D, the entries of all selected parameters.
    public var parameters: Int
    /// (N, ..., C).
    public var predictionShape: [Int]

    public init(examples: Int, terms: Int, outputs: Int, parameters: Int, predictionShape: [Int]) {
        (self.examples, self.terms, self.outputs) = (examples, terms, outputs)
        (self.parameters, self.predictionShape) = (parameters, predictionShape)
    }

    /// N*T*C, the size of output space: the rows of the Jacobian.
    public var outputEntries: Int { examples * terms * outputs }
}
