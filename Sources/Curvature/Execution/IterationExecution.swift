import Kernels

/// An iteration: a solver or an estimator that applies the plans of its operators.
final class IterationExecution: StepExecution {
    private let plan: IterationPlan
    private let maps: [BodyMap]
    private let runner: IterationRunner
    private var own = RunMeasurement.Step()

    init(_ plan: IterationPlan, _ resources: ExecutionResources) throws {
        self.plan = plan
        let values = resources.values
        let precision = resources.plan.options.precision
        maps = try zip(plan.iteration.maps, plan.bodies).map { map, steps in
            BodyMap(
                map, try steps.map { try resources.execution(of: $0) }, resources.values, storage: precision.storage)
        }
        runner = try plan.iteration.task.runner(
            IterationMemory(
                maps: maps, arguments: plan.iteration.arguments.map { values[$0].asBlock },
                result: values[plan.value].asBlock, errors: values.errors(of: plan.value)?.asBlock))
    }

    var measurement: RunMeasurement.Step {
        var measurement = own
        measurement.bodies = maps.map { $0.steps.map(\.measurement) }
        return measurement
    }
    func resetMeasurement() {
        own = RunMeasurement.Step()
        for map in maps { for step in map.steps { step.resetMeasurement() } }
    }
    func prepare(divisor: Double) throws {
        for map in maps { for step in map.steps { try step.prepare(divisor: divisor) } }
    }

    func run(_ context: RunContext) throws {
        for map in maps { map.context = context }
        let (depth, course) = (context.iterationDepth, plan.course)
        context.iterationDepth += 1
        defer {
            for map in maps { map.context = nil }
            context.iterationDepth = depth
            context.progress(.iterationEnded(depth: depth))
        }
        var outcome: Result<IterationOutcome, any Error>?
        context.measured(&own) {
            outcome = Result {
                let monitor = IterationMonitor(
                    progress: {
                        context.progress(
                            .iteration(
                                IterationProgress(
                                    number: $0, measure: $1, goal: course.goal, unit: course.unit, depth: depth)))
                    },
                    isCancelled: context.isCancelled)
                return try runner(monitor)
            }
        }
        own.outcomes.append(try outcome!.get())
    }
}

/// An operator as solvers see it: a product runs the plan of its body.
final class BodyMap: LinearMap {
    let steps: [any StepExecution]
    private let hole: Operand
    private let result: Operand
    let storage: Storage
    var context: RunContext?

    init(_ map: Iteration.Map, _ steps: [any StepExecution], _ values: ValueStore, storage: Storage) {
        (self.steps, self.storage) = (steps, storage)
        (hole, result) = (values[map.hole].asBlock, values[map.body].asBlock)
    }

    var rows: Int { result.sizes[0] }
    var columns: Int { hole.sizes[0] }
    var width: Int { hole.sizes[1] }

    func apply(_ x: Operand, into y: Operand) throws {
        let context = context!
        hole.copyBytes(of: x)
        for step in steps { try step.run(context) }
        y.copyBytes(of: result)
    }
}

extension Operand {
    /// A vector as a block of one column.
    fileprivate var asBlock: Operand {
        rank == 2 ? self : Operand(address: address, storage: storage, sizes: [count, 1])
    }
    /// The elements of another contiguous operand of the same sizes.
    fileprivate func copyBytes(of other: Operand) {
        precondition(count == other.count && storage == other.storage, "a product of other sizes")
        address.copyMemory(from: other.address, byteCount: count * storage.byteCount)
    }
}
