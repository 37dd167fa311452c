import Kernels

/// Memory that the steps of an execution share.
final class ExecutionResources {
    let plan: Plan
    let arena: Memory
    let parameters: ParameterStore
    let values: ValueStore
    let cache: PrimalCache?
    /// With the data that passes read: the plan's, or other data of the same shapes.
    var problem: Problem
    /// Whether parameters are not the model's own any more.
    var hasNewParameters = false

    init(_ plan: Plan) {
        self.plan = plan
        arena = Memory(byteCount: plan.memory.arena)
        parameters = ParameterStore(
            plan.problem.model, plan.options.precision, isShared: plan.options.sharesParameters)
        values = ValueStore(plan)
        cache = PrimalCache(plan.primal)
        problem = plan.problem
    }

    func execution(of step: Plan.Step) throws -> any StepExecution {
        switch step.work {
        case .dataPass(let pass): PassExecution(pass, self)
        case .algebra(let algebra): AlgebraExecution(algebra, self)
        case .iteration(let iteration): try IterationExecution(iteration, self)
        }
    }
}
