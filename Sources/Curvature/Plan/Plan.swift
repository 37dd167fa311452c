import TensorIR

/// All requests of one call, compiled together: data passes over the whole data set, algebra on what they give, and iterations, which have
/// plans of their own inside.
///
/// A plan is an immutable value; an ``Execution`` runs it.
public struct Plan: @unchecked Sendable {
    // `@unchecked`: programs hold graphs, to which nobody adds any more.
    package enum Work {
        case dataPass(PassPlan)
        case algebra(AlgebraPlan)
        case iteration(IterationPlan)
    }
    package struct Step {
        package var work: Work
        /// The values it leaves behind.
        package var values: [Value]
    }
    /// The model, loss and data that it is about.
    public let problem: Problem
    /// What it computes, in the order in which it was asked for.
    public let requests: [Request]
    /// The options that it was compiled with.
    public let options: PlanOptions
    package let operators: OperatorGraph
    /// The requests' values, in their order.
    package let roots: [Value]
    package let rewrites: [Rewrite]
    /// The requests before the first rule and after each one.
    package let trace: [Optimizer.Trace]
    package let steps: [Step]
    package let primal: PrimalPlan?
    /// Values that the user's tensors fill.
    package let tensors: [Value]
    /// All values that have memory.
    package let stored: [Value]
    /// Examples in a batch; the last one may have fewer.
    public let batchSize: Int
    package let memory: MemoryUse

    /// Sizes of the batches: all equal but perhaps the last.
    package var batches: [Int] {
        let examples = problem.shape.examples
        let rest = examples % batchSize
        return (examples >= batchSize ? [batchSize] : []) + (rest > 0 ? [rest] : [])
    }

    /// Compiles the requests together.
    ///
    /// - Throws: ``ProblemError`` where a request has no value (an operator), an option is impossible, or no plan fits the memory.
    public init(_ requests: [Request], problem: Problem, options: PlanOptions = PlanOptions()) throws {
        do {
            try self.init(requests, problem: problem, options: options, choosesOutputSpace: true)
        } catch is KernelDoesNotFit {
            // What was left open is found without it.
            try self.init(requests, problem: problem, options: options, choosesOutputSpace: false)
        }
    }

    private struct KernelDoesNotFit: Error {}

    private init(_ requests: [Request], problem: Problem, options: PlanOptions, choosesOutputSpace: Bool) throws {
        for request in requests {
            if case .operator = request.expression.kind {
                throw ProblemError(
                    .options,
                    "request \(OneLine.quoted(request.name)) is \(request.expression.kind); apply it to a vector with @ to get values"
                )
            }
        }
        guard options.batchSize ?? 1 >= 1 else {
            throw ProblemError(.options, "--batch-size: expected a whole number from 1, found \(options.batchSize!)")
        }
        var operators = OperatorGraph(shape: problem.shape, examplesMeet: problem.model.onlyBatch != nil)
        operators.parameterShapes = problem.parameters.map(\.shape)
        var (seen, factored): (Set<ObjectIdentifier>, Set<KroneckerOptions>) = ([], [])
        for request in requests { request.expression.kroneckerOptions(&seen, &factored) }
        let asksDiagonals =
            requests.contains { $0.expression.asksCurvatureDiagonal } && problem.model.onlyBatch == nil
        // Where factors lie follows from the network; a naive plan needs no other use of it.
        let network = options.isNaive && factored.isEmpty && !asksDiagonals ? nil : try NetworkLowering(problem)
        if asksDiagonals { operators.hasExampleGradients = try DiagonalLowering(network!).isSupported }
        var kernels = requests.reduce(into: Set<OuterProductCurvature>()) { $1.expression.outputKernels(&$0) }
        // The Hessian of a loss of one's own may have no root, which products do without.
        if case .custom = problem.loss.function { kernels.formIntersection([.empiricalFisher]) }
        if !kernels.isEmpty, problem.model.onlyBatch == nil {
            operators.exampleFactors = try (network ?? NetworkLowering(problem)).exampleFactorLayouts(kernels)
        }
        operators.choosesOutputSpace =
            choosesOutputSpace && !options.isNaive && !options.disabledRules.contains("choose-solver")
        operators.usesClosedForms = !options.disabledRules.contains(OperatorGraph.closedForms)
        // Sums over batches are float64 in either: few roundings of float32 are in them.
        if options.precision == .float32 { operators.eigenspaceTolerance = 2 * Double(Float.ulpOfOne) }
        // In an order that is the same in every process: it is that of the nodes.
        for own in factored.sorted(by: { $0.description < $1.description }) {
            if own.form == .kfoc {
                let nearest = try network!.rearrangements(own)
                (operators.layouts[own], operators.rearrangements[own]) = (nearest.factors, nearest.layout)
            } else {
                // EKFAC's are KFAC's.
                let layout = try network!.factors(own.factors).layout
                (operators.layouts[own], operators.layouts[own.factors]) = (layout, layout)
            }
        }
        if let file = options.factors {
            operators.loadedFactors = try file.parts(of: operators.layouts, asked: factored, problem)
        }
        var known: [Expression: Value] = [:]
        var roots = requests.map { operators.value(of: $0.expression, &known) }
        var trace: [Optimizer.Trace] = []
        var rewrites = try Optimizer.optimize(
            &operators, roots: &roots, disabled: options.disabledRules,
            rules: options.isNaive ? Optimizer.leafRules : Optimizer.rules, trace: &trace)
        // Nothing is shared, so that there is nothing to tell.
        if options.isNaive { rewrites = [] }
        (self.problem, self.requests, self.options, self.roots, self.operators) = (
            problem, requests, options, roots, operators
        )
        let stages = Stages(operators, roots: roots, isNaive: options.isNaive)
        tensors = stages.tensors
        stored = stages.stored(operators)
        let planner = Planner(
            problem: problem, operators: operators, options: options, stages: stages, stored: stored, network: network)
        let planned: Planner.Planned
        do {
            planned = try planner.plan()
        } catch let error as ProblemError where error.code == .memory && operators.hasChosenOutputSpace {
            throw KernelDoesNotFit()
        }
        (batchSize, steps, primal, memory) = (planned.batch, planned.steps, planned.primal, planned.memory)
        self.rewrites = (options.isNaive ? [] : operators.choices) + rewrites + planned.rewrites
        self.trace = trace
    }
}
