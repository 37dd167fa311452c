/// What a run took.
public struct RunMeasurement: Sendable {
    public struct Step: Sendable {
        public var seconds = 0.0
        public var matmulFlops = 0
        public var flops = 0
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
        public init() {}

        package var stepRuns: StepRuns { StepRuns(runs: runs, bodies: bodies.map { $0.map(\.stepRuns) }) }
    }
    public var seconds = 0.0
    public var steps: [Step] = []
    public init() {}

    public var matmulFlops: Int { steps.reduce(0) { $0 + $1.matmulFlops } }
    public var flops: Int { steps.reduce(0) { $0 + $1.flops } }
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
