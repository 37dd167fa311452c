import Foundation
import Kernels
import TensorIR

/// Runs a plan, as often as wanted. It owns the plan's memory; a second run allocates nothing but results. One owner: not to be shared
/// between threads.
///
/// Between runs, vectors, parameters and data can be replaced by others of the same shapes; nothing is compiled again.
public final class Execution {
    /// What runs.
    public let plan: Plan
    let resources: ExecutionResources
    private let tasks: TaskArena
    private var steps: [any StepExecution] = []
    private var fill: PrimalFill?
    private var isLoaded = false
    /// The loss's divisor has to be worked out again.
    private var isDivisorStale = true
    /// Of Kronecker factors over runs, where they are asked for.
    var averages: FactorAverages?
    /// What the last run did.
    public private(set) var measurement = RunMeasurement()
    /// Called between batches and after each step of an iteration.
    public var progress: ((RunProgress) -> Void)?
    /// Stops a run from another thread.
    public let cancellation = Cancellation()

    /// Takes the plan's memory and binds every kernel to it.
    ///
    /// - Throws: An error of a solver that does not take its options.
    public init(_ plan: Plan) throws {
        self.plan = plan
        resources = ExecutionResources(plan)
        tasks = TaskArena(threads: plan.options.threadCount)
        let resources = resources
        steps = try plan.steps.map { try resources.execution(of: $0) }
        if let program = plan.primal?.fill { fill = PrimalFill(program, resources) }
    }

    /// Runs every step and returns the requests' values, which no later run overwrites.
    ///
    /// - Throws: ``ProblemError`` for data that are not what the model takes and for values that are not finite; `CancellationError`
    ///   after ``Cancellation/cancel()``.
    public func run() throws -> Results {
        if !plan.options.keepsPrimalValues { resources.cache?.drop() }
        try prepare()
        for step in steps { step.resetMeasurement() }
        let context = RunContext(
            isCancelled: { [cancellation] in cancellation.isCancelled }, progress: { [progress] in progress?($0) })
        let begin = ContinuousClock.now
        averages?.beginRun()
        for (step, execution) in zip(plan.steps, steps) {
            try inArena { try execution.run(context) }
            averages?.update(step.values, plan, resources.values)
        }
        measurement = RunMeasurement()
        measurement.seconds = (ContinuousClock.now - begin).seconds
        measurement.steps = steps.map(\.measurement)
        let results = Results(plan, resources.values)
        try checkFinite(results)
        return results
    }

    /// Reads what does not change from run to run: vectors, class weights, the loss's divisor; every label is checked. With
    /// ``PlanOptions/keepsPrimalValues``, also computes the primal values that fit into the memory, so that runs cost tangent sweeps alone.
    public func prepare() throws {
        if !isLoaded {
            try resources.values.load(plan)
            isLoaded = true
        }
        if isDivisorStale {
            let divisor = try LossDivisor(problem: resources.problem).value()
            for step in steps { try step.prepare(divisor: divisor) }
            try fill?.prepare(divisor: divisor)
            isDivisorStale = false
        }
        if let fill { try inArena { try fill.run(cancellation) } }
    }

    /// The most that the library's buffers took at once since the process began, in bytes.
    public static var peakBytes: Int { Memory.peakBytes }

    /// Parameters or data are no longer what primal values were computed from.
    func dropPrimalValues() { resources.cache?.drop() }
    func parametersChanged() {
        resources.hasNewParameters = true
        dropPrimalValues()
    }
    func dataChanged() {
        isDivisorStale = true
        dropPrimalValues()
    }
    func loadVectors() throws {
        if !isLoaded { try resources.values.load(plan) }
        isLoaded = true
    }

    private func inArena(_ body: () throws -> Void) throws {
        var failure: (any Error)?
        tasks.run { do { try body() } catch { failure = error } }
        if let failure { throw failure }
    }

    private func checkFinite(_ results: Results) throws {
        guard let bad = results.firstNonFinite(plan) else { return }
        let search = NonFiniteSearch(problem: resources.problem, parameters: resources.parameters)
        let cause =
            try search.firstCause() ?? LossRootDiagnosis(plan: plan).possibleCause()
            ?? FactorDiagnosis(plan: plan, values: resources.values).firstCause()
            ?? RootDiagnosis(plan: plan).possibleCause()
        let precision = plan.options.precision
        let overflow =
            "it overflows in \(precision)" + (precision == .float32 ? "; --precision float64 has a wider range" : "")
        throw ProblemError(
            .notFinite,
            "request \(OneLine.quotedName(bad)) gives a value that is not finite: \(cause ?? overflow)"
        )
    }
}

extension Plan {
    package var batchCount: Int { (problem.shape.examples + batchSize - 1) / batchSize }
}
