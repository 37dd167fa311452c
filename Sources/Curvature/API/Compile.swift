import Foundation

/// Compiles all quantities together into one plan: every sweep that two of them need is done once.
///
///     let plan = try compile(problem.gradient, mix, problem.lossValue)
///     let (g, Hv, loss) = try plan.run()
///
/// No data are read.
///
/// - Throws: ``ProblemError``: the first error in the quantities, in their order, with the operation and its operands; or that the
///   plan does not fit into the memory that `options` allow, with the smallest budget that would do.
public func compile<each Quantity: Requestable>(
    _ quantities: repeat each Quantity, options: PlanOptions = PlanOptions()
) throws -> CompiledPlan<repeat each Quantity> {
    var expressions: [LazyExpression] = []
    repeat expressions.append((each quantities).lazy)
    return CompiledPlan(plan: try Plan(expressions, options: options))
}

extension Plan {
    fileprivate init(_ quantities: [LazyExpression], options: PlanOptions) throws {
        let places = quantities.indices.map { index in
            quantities[index].name.map { "quantity \(OneLine.quoted($0))" } ?? "quantity \(index + 1)"
        }
        let expressions = try zip(places, quantities).map { place, quantity in
            do throws(ProblemError) {
                return try quantity.result.get().expression
            } catch {
                throw ProblemError(error.code, "\(place): \(error.message)")
            }
        }
        // All of them together are checked as if they were one expression's operands.
        let whole = LazyExpression("compile", quantities) { _ throws(KindError) in .loss() }
        if case .failure(let error) = whole.result { throw error }
        guard let problem = whole.problem else {
            throw ProblemError(.expression, "compile: expected a quantity that depends on a problem, found none")
        }
        var names: Set<String> = []
        let requests = zip(quantities, expressions).map { quantity, expression in
            let name = quantity.name ?? expression.description
            var unique = name
            var copy = 1
            while !names.insert(unique).inserted {
                copy += 1
                unique = "\(name) (\(copy))"
            }
            return Request(unique, expression)
        }
        try self.init(requests, problem: problem.supplying(whole.tensors), options: options)
    }
}

/// A plan whose results have the types of its quantities. An immutable value.
public struct CompiledPlan<each Quantity: Requestable>: Sendable {
    /// The plan without its types: what ``Execution`` and ``PlanDocument`` take.
    public let plan: Plan

    /// The plan, its predicted cost and what sharing saves, as text or in another format.
    public func explain(_ format: ExplainFormat = .text) throws -> String {
        var naive = plan.options
        naive.isNaive = true
        naive.memory = .max
        let other = try plan.options.isNaive ? plan : Plan(plan.requests, problem: plan.problem, options: naive)
        return try format(PlanDocument(plan, naive: other))
    }

    /// Runs the plan once, in memory of its own, and returns a value for each quantity.
    ///
    /// - Throws: ``ProblemError``, for data that do not fit the network or values that are not finite.
    public func run() throws -> (repeat (each Quantity).Value) { try execution().run() }

    /// What runs the plan any number of times, and reads what does not change only once.
    public func execution() throws -> TypedExecution<repeat each Quantity> {
        TypedExecution(execution: try Execution(plan))
    }
}

/// An ``Execution`` whose results have the types of the plan's quantities. One owner: not to be shared between threads.
public struct TypedExecution<each Quantity: Requestable> {
    /// For progress, measurement, and results by name.
    public let execution: Execution

    /// Reads vectors, class weights and the loss's divisor, and checks every label, ahead of the first run.
    public func prepare() throws { try execution.prepare() }

    /// Gives a vector of the plan other entries, for the runs that follow: nothing is compiled again.
    ///
    /// - Parameters:
    ///   - vector: One that a quantity was made of: from `problem.vector`, `randomVector` or `vector(named:)`.
    ///   - entries: As many as the vector has.
    /// - Throws: ``ProblemError`` for a vector that is no tensor of this plan, or another number of entries.
    public func set(_ vector: Vector, to entries: some Sequence<some BinaryFloatingPoint>) throws {
        try execution.setVector(vector.lazy.tensorName(), to: entries.map { Double($0) })
    }
    /// The same for a block, (n, k) row-major.
    public func set(_ block: Block, to entries: some Sequence<some BinaryFloatingPoint>) throws {
        try execution.setVector(block.lazy.tensorName(), to: entries.map { Double($0) })
    }
    /// theta += factor * step for the selected parameters, in place: a step of a training loop.
    ///
    /// - Throws: ``ProblemError`` if the step has not one entry for each parameter.
    public func addToParameters(_ factor: Double, times step: VectorValue) throws {
        try execution.addToParameters(factor, times: step.array.entry)
    }

    /// Makes Kronecker factors averages over runs; see ``Execution/averageFactors(decay:)``.
    public func averageFactors(decay: Double) throws { try execution.averageFactors(decay: decay) }
    /// Writes the Kronecker factors of the last run; see ``Execution/saveFactors(to:)``.
    public func saveFactors(to url: URL) throws { try execution.saveFactors(to: url) }

    /// Runs the plan. Values of earlier runs stay as they are.
    public func run() throws -> (repeat (each Quantity).Value) {
        let results = try execution.run()
        var next = 0
        func place() -> Int {
            defer { next += 1 }
            return next
        }
        return (repeat (each Quantity).value(in: results, at: place()))
    }
}
