import TensorIR

/// A row of a table for each integer: (B, ...) to (B, ..., features). Parameter `weight` (count, features), standard normal at first.
///
/// The model's input has to be made with `isInteger`. An integer outside the table is an error when the model runs.
public struct Embedding: Layer {
    /// Rows of the table: the size of the vocabulary.
    public var count: Int
    /// Columns of the table.
    public var features: Int
    /// The standard deviation of the first values.
    public var deviation: Double
    /// A table of `count` rows.
    public init(_ count: Int, features: Int, deviation: Double = 1) {
        (self.count, self.features, self.deviation) = (count, features, deviation)
    }

    public func forward(_ x: Tensor, in scope: Scope) throws -> Tensor {
        guard x.isInteger else {
            throw ModelError(
                .shape,
                "expected integers, found real numbers of shape \(x); make the model's input with isInteger: true")
        }
        let weight = try scope.parameter("weight", shape: [count, features], .normal(deviation: deviation))
        return try weight.gathered(x)
    }
}
