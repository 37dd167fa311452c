import TensorIR

/// All requests of one call, compiled together: data passes over the whole data set, and algebra on what they give.
///
/// A plan is an immutable value; an ``Execution`` runs it.
public struct Plan: @unchecked Sendable {
    // `@unchecked`: programs hold graphs, to which nobody adds any more.
    package enum Work {
        case dataPass(DataPass)
        case algebra(AlgebraStep)
    }
    package struct Step {
        package var work: Work
        package var program: ProgramPlan
        /// The values it leaves behind.
        package var values: [Value]
    }
    public let problem: Problem
    public let requests: [Request]
    public let options: PlanOptions
    package let operators: OperatorGraph
    /// The requests' values, in their order.
    package let roots: [Value]
    package let rewrites: [Rewrite]
    package let steps: [Step]
    /// Values that the user's tensors fill.
    package let tensors: [Value]
    public let batchSize: Int
    package let memory: MemoryUse

    /// Sizes of the batches: all equal but perhaps the last.
    package var batches: [Int] {
        let examples = problem.shape.examples
        let rest = examples % batchSize
        return (examples >= batchSize ? [batchSize] : []) + (rest > 0 ? [rest] : [])
    }

    public init(_ requests: [Request], problem: Problem, options: PlanOptions = PlanOptions()) throws {
        for request in requests {
            if case .operator = request.expression.kind {
                throw ProblemError(
                    .options,
                    "request '\(request.name)' is \(request.expression.kind); apply it to a vector with @ to get values"
                )
            }
        }
        guard options.batchSize ?? 1 >= 1 else {
            throw ProblemError(.options, "--batch-size: expected a whole number from 1, found \(options.batchSize!)")
        }
        var operators = OperatorGraph(shape: problem.shape)
        var known: [Expression: Value] = [:]
        var roots = requests.map { operators.value(of: $0.expression, &known) }
        rewrites =
            options.isNaive
            ? [] : Optimizer.optimize(&operators, roots: &roots, disabled: options.disabledRules)
        (self.problem, self.requests, self.options, self.roots, self.operators) = (
            problem, requests, options, roots, operators
        )
        let stages = Stages(operators, roots: roots, isNaive: options.isNaive)
        tensors = stages.tensors
        let lowered = try stages.lower(operators, problem)
        (batchSize, steps, memory) = try Planner(
            problem: problem, operators: operators, options: options, stages: stages
        )
        .plan(lowered)
    }

    /// Multiply-adds of matrix products and convolutions that a run will count, as 2 each.
    public var matmulFlops: Int { steps.reduce(0) { $0 + $1.program.matmulFlops } }
    public var flops: Int { steps.reduce(0) { $0 + $1.program.flops } }
    public var dataPasses: Int { steps.count { if case .dataPass = $0.work { true } else { false } } }
    package var sweeps: Sweeps {
        steps.reduce(into: Sweeps()) { sum, step in
            guard case .dataPass(let pass) = step.work else { return }
            sum.forward += pass.sweeps.forward
            sum.tangent += pass.sweeps.tangent
            sum.backward += pass.sweeps.backward
        }
    }
}
