import Foundation
import Kernels
import TensorIR

/// Runs a plan. It owns the plan's memory; a second run allocates nothing but results. One owner: not to be shared between threads.
public final class Execution {
    public let plan: Plan
    private let arena: Memory
    private let parameters: ParameterStore
    private let values: ValueStore
    private let tasks: TaskArena
    private var steps: [StepExecution] = []
    private var isPrepared = false
    /// What the last run did.
    public private(set) var measurement = RunMeasurement()
    /// Called between batches with what has been done and what there is to do, in batches.
    public var progress: ((_ done: Int, _ total: Int) -> Void)?

    public init(_ plan: Plan) throws {
        self.plan = plan
        arena = Memory(byteCount: plan.memory.arena)
        parameters = ParameterStore(plan.problem.model, plan.options.precision)
        values = ValueStore(plan)
        tasks = TaskArena(threads: plan.options.threadCount)
        steps = plan.steps.map { StepExecution($0, plan: plan, arena: arena, parameters: parameters, values: values) }
    }

    /// Runs every step and returns the requests' values, which no later run overwrites.
    public func run() throws -> Results {
        try prepare()
        let state = RunState()
        var measurement = RunMeasurement()
        let begin = ContinuousClock.now
        let total = plan.dataPasses * plan.batchCount
        var done = 0
        for step in steps {
            let before = (state.matmulFlops, state.flops, state.executedFlops)
            let start = ContinuousClock.now
            var failure: (any Error)?
            tasks.run {
                do {
                    try step.run(state) {
                        done += 1
                        progress?(done, total)
                    }
                } catch { failure = error }
            }
            if let failure { throw failure }
            measurement.steps.append(
                RunMeasurement.Step(
                    seconds: (ContinuousClock.now - start).seconds, matmulFlops: state.matmulFlops - before.0,
                    flops: state.flops - before.1, executedFlops: state.executedFlops - before.2,
                    peakBytes: Memory.currentBytes))
        }
        measurement.seconds = (ContinuousClock.now - begin).seconds
        self.measurement = measurement
        let results = Results(plan, values)
        try checkFinite(results)
        return results
    }

    /// Reads what does not change from run to run: vectors, class weights, the loss's divisor. It also checks every label.
    public func prepare() throws {
        guard !isPrepared else { return }
        let divisor = try LossDivisor(problem: plan.problem).value()
        try values.load(plan)
        for step in steps { try step.prepare(divisor: divisor) }
        isPrepared = true
    }

    /// The most that the library's buffers took at once since the process began, in bytes.
    public static var peakBytes: Int { Memory.peakBytes }

    private func checkFinite(_ results: Results) throws {
        guard let bad = results.firstNonFinite else { return }
        let search = NonFiniteSearch(plan: plan, parameters: parameters)
        let cause = try search.firstCause()
        throw ProblemError(
            .notFinite,
            "request '\(bad)' gives a value that is not finite: \(cause ?? "it overflows in \(plan.options.precision)")"
        )
    }
}

/// What a run took.
public struct RunMeasurement: Sendable {
    public struct Step: Sendable {
        public var seconds: Double
        public var matmulFlops: Int
        public var flops: Int
        public var executedFlops: Int
        /// What the library's buffers took while it ran.
        public var peakBytes: Int
    }
    public var seconds = 0.0
    public var steps: [Step] = []
    public var matmulFlops: Int { steps.reduce(0) { $0 + $1.matmulFlops } }
    public var flops: Int { steps.reduce(0) { $0 + $1.flops } }
    public var executedFlops: Int { steps.reduce(0) { $0 + $1.executedFlops } }
}

extension Duration {
    package var seconds: Double {
        let (seconds, attoseconds) = components
        return Double(seconds) + Double(attoseconds) * 1e-18
    }
}

extension Plan {
    package var batchCount: Int { (problem.shape.examples + batchSize - 1) / batchSize }
}
