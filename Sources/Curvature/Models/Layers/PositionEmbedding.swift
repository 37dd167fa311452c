/// Adds a learned row for each position: (B, positions, features) to the same. Parameter `weight` (count, features).
public struct PositionEmbedding: Layer {
    /// The most positions there can be.
    public var count: Int
    /// The standard deviation of the first values.
    public var deviation: Double
    /// A table of `count` rows.
    public init(_ count: Int, deviation: Double = 1) { (self.count, self.deviation) = (count, deviation) }

    public func forward(_ x: Tensor, in scope: Scope) throws -> Tensor {
        let (positions, features) = try x.requireSequence()
        guard positions <= count else {
            throw ModelError(.shape, "expected at most \(count) positions, found \(positions) in \(x)")
        }
        let weight = try scope.parameter("weight", shape: [count, features], .normal(deviation: deviation))
        return try x + weight.sliced(axis: 0, 0..<positions)
    }
}
