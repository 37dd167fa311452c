import Kernels
import TensorIR

/// Computes the primal values of all batches that have a slot, ahead of the passes that go on from them.
final class PrimalFill {
    private let program: ProgramExecution
    private let leaves: ProgramLeaves
    private let resources: ExecutionResources
    private let plan: Plan

    init(_ program: ProgramPlan, _ resources: ExecutionResources) {
        (self.resources, plan) = (resources, resources.plan)
        leaves = ProgramLeaves(plan, program.schedule)
        self.program = ProgramExecution(
            program, precision: plan.options.precision, arena: resources.arena,
            batches: plan.problem.model.onlyBatch == nil ? plan.batches : [plan.batchSize], isSingle: true,
            external: leaves.external(program, slots: [], parameters: resources.parameters, values: resources.values),
            windows: resources.cache!.windows)
    }

    func prepare(divisor: Double) throws { try leaves.read(divisor: divisor) }

    func run(_ cancellation: Cancellation) throws {
        let cache = resources.cache!
        let missing = (0..<cache.keptBatches).filter { !cache.isFilled($0) }
        guard !missing.isEmpty else { return }
        let state = RunState()
        let isOnly = plan.problem.model.onlyBatch != nil
        if !isOnly { program.begin(state) }
        for batch in missing {
            if cancellation.isCancelled { throw CancellationError() }
            state.firstExample = batch * plan.batchSize
            let examples = min(plan.batchSize, plan.problem.shape.examples - state.firstExample)
            try leaves.read(resources.problem, examples: examples, first: state.firstExample, into: program)
            if isOnly { program.begin(state) } else { program.runBatch(examples, state) }
            cache.save(batch, state)
        }
    }
}
