import Foundation

/// Where a selected parameter's entries are in a vector in parameter space.
package struct ParameterExtent: Hashable, Sendable {
    package var name: String
    package var entries: Range<Int>
}

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
    /// The selected parameters' names and places among the D entries, in order.
    package var parameterExtents: [ParameterExtent] = []

    /// The sizes of a problem that need not exist, for expressions without one.
    public init(examples: Int, terms: Int, outputs: Int, parameters: Int, predictionShape: [Int]) {
        (self.examples, self.terms, self.outputs) = (examples, terms, outputs)
        (self.parameters, self.predictionShape) = (parameters, predictionShape)
    }

    /// The entries of the parameter with this name, or of all that a glob matches.
    func extents(named pattern: String) -> [Range<Int>] {
        if let exact = parameterExtents.first(where: { $0.name == pattern }) { return [exact.entries] }
        return parameterExtents.filter { fnmatch(pattern, $0.name, 0) == 0 }.map(\.entries)
    }

    /// N*T*C, the size of output space: the rows of the Jacobian.
    public var outputEntries: Int { examples * terms * outputs }
}
