import Foundation

/// How a plan is made and run. A plan depends on these, the requests and shapes alone.
public struct PlanOptions: Sendable {
    /// What parameters, data and vectors are rounded to. Scalars and sums over batches are float64 in either.
    public var precision: Precision = .float32
    /// Examples in a batch; nil lets the planner choose, from shapes and `memory` alone.
    public var batchSize: Int?
    /// nil for one for each processor. Results do not depend on it.
    public var threads: Int?
    /// Bytes that arena, results, parameters and read buffers may take.
    public var memory = 4 << 30
    /// One pass or more for each application of an operator: nothing shared, nothing merged.
    public var isNaive = false
    /// Rewrite rules that are switched off, by the names in ``ruleNames``.
    public var disabledRules: Set<String> = []
    /// Keeps primal values from one run of an ``Execution`` to the next, for runs with other vectors: after the first, or after
    /// `prepare()`, a product costs its tangent sweeps alone. Changing parameters or data drops them.
    public var keepsPrimalValues = false
    /// Uses the model's own parameter values where they are in the run's precision, so that large weights are in memory once. They cannot be replaced
    /// between runs then.
    public var sharesParameters = false
    /// Kronecker factors that an earlier run saved, for all Kronecker-factored operators of the requests.
    public var factors: FactorFile?

    /// The defaults: float32, 4 GiB, a thread for each processor, all rules.
    public init() {}

    /// The threads that a run uses.
    public var threadCount: Int { threads ?? ProcessInfo.processInfo.activeProcessorCount }
}

extension PlanOptions {
    /// The rewrite rules that can be switched off.
    public static var ruleNames: [String] { Optimizer.rules.map(\.name) + [OperatorGraph.closedForms, "keep-primals"] }
}
