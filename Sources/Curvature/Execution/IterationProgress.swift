/// How far an iteration has come, and what will end it.
public struct IterationProgress: Hashable, Sendable {
    /// What is counted.
    public enum Unit: String, Hashable, Sendable {
        /// Of a solver.
        case iterations
        /// Random vectors, or products that a method counts as such.
        case samples
        /// Of an operator, found one by one.
        case columns
        /// With an operator, of as many columns as a block has.
        case products
    }
    /// What will end it.
    public enum Goal: Hashable, Sendable {
        /// Nothing that can be told beforehand.
        case open
        /// So many of what is counted.
        case total(Int)
        /// A relative residual, which falls by about the same factor from one to the next; or so many of what is counted, where there is a bound.
        case residual(Double, most: Int?)
        /// A relative standard error, which falls with the root of what is counted; or so many.
        case standardError(Double, most: Int)
    }
    /// Iterations, samples, columns or products so far.
    public var number: Int
    /// The worst relative residual, or the relative standard error; infinity where there is none yet.
    public var measure: Double
    /// What will end it.
    public let goal: Goal
    /// What is counted.
    public let unit: Unit
    /// 0 for an iteration of the plan, 1 for one within its operator, and so on.
    public let depth: Int

    /// An iteration at its `number`.
    public init(number: Int, measure: Double, goal: Goal, unit: Unit, depth: Int = 0) {
        (self.number, self.measure, self.goal, self.unit, self.depth) = (number, measure, goal, unit, depth)
    }
}
