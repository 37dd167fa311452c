/// What a run took.
public struct RunMeasurement: Sendable {
    /// What one step of the plan took, all its runs together.
    public struct Step: Sendable {
        /// Wall-clock time.
        public var seconds = 0.0
        /// Multiply-adds of products and convolutions as 2 each: nominal, from shapes.
        public var matmulFlops = 0
        /// All floating-point work, `matmulFlops` included.
        public var flops = 0
        /// What products really ran: less than `matmulFlops` where a kernel skips zeros.
        public var executedFlops = 0
        /// What the library's buffers took while it ran.
        public var peakBytes = 0
        /// How often it ran; steps inside iterations run often.
        public var runs = 0
        /// The steps of an iteration's operators.
        public var bodies: [[Step]] = []
        /// What became of an iteration, each time it ran.
        package var outcomes: [IterationOutcome] = []
        /// The same, of systems that were solved.
        package var solves: [SolveReport] { outcomes.compactMap(\.solve) }
        /// A step that has not run.
        public init() {}

        package var stepRuns: StepRuns { StepRuns(runs: runs, bodies: bodies.map { $0.map(\.stepRuns) }) }
    }
    /// Wall-clock time.
    public var seconds = 0.0
    /// In the plan's order.
    public var steps: [Step] = []
    /// Of no step yet.
    public init() {}

    /// Of all steps: multiply-adds of products and convolutions as 2 each.
    public var matmulFlops: Int { steps.reduce(0) { $0 + $1.matmulFlops } }
    /// All floating-point work of all steps.
    public var flops: Int { steps.reduce(0) { $0 + $1.flops } }
    /// What the products of all steps really ran.
    public var executedFlops: Int { steps.reduce(0) { $0 + $1.executedFlops } }
    /// How often each step ran, in the form in which plans give what is expected.
    package var stepRuns: [StepRuns] { steps.map(\.stepRuns) }
}

extension Duration {
    package var seconds: Double {
        let (seconds, attoseconds) = components
        return Double(seconds) + Double(attoseconds) * 1e-18
    }
}
