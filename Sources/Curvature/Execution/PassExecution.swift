import Kernels
import TensorIR

/// A data pass: batch by batch, with primal values computed or, where they are kept, read.
final class PassExecution: StepExecution {
    private(set) var measurement = RunMeasurement.Step()
    private let pass: PassPlan
    private let plan: Plan
    private let resources: ExecutionResources
    private let full: BoundProgram?
    private let cut: BoundProgram?
    /// For each run over the data: blocks' columns in, and results out.
    private var beforeAll: [[any Kernel]] = []
    private var afterAll: [[any Kernel]] = []

    init(_ pass: PassPlan, _ resources: ExecutionResources) {
        (self.pass, self.resources, plan) = (pass, resources, resources.plan)
        full = pass.full.map { BoundProgram($0, pass, resources, sharing: nil) }
        let other = full
        cut = pass.cut.map { BoundProgram($0, pass, resources, sharing: other) }
        let transfers = PassTransfers(pass, plan, resources.values)
        for columns in pass.chunks {
            beforeAll.append([full, cut].compactMap(\.self).flatMap { transfers.blocksIn($0.program, columns) })
            afterAll.append(transfers.resultsOut(main.program, columns))
        }
    }

    /// The program whose memory has the sums over examples.
    private var main: BoundProgram { full ?? cut! }

    func prepare(divisor: Double) throws {
        for program in [full, cut].compactMap(\.self) { try program.leaves.read(divisor: divisor) }
    }
    func resetMeasurement() { measurement = RunMeasurement.Step() }

    func run(_ context: RunContext) throws {
        var failure: (any Error)?
        context.measured(&measurement) {
            do {
                for chunk in pass.chunks.indices { try run(chunk, context) }
            } catch { failure = error }
        }
        if let failure { throw failure }
    }

    private func run(_ chunk: Int, _ context: RunContext) throws {
        let state = context.state
        for kernel in beforeAll[chunk] { kernel.run(state) }
        let total = plan.batchCount
        if plan.problem.model.onlyBatch != nil {
            // No symbolic examples: all of the program is prologue.
            try runBatch(0, chunk, context, isOnly: true)
            context.progress(.batch(done: 1, total: total))
        } else {
            let keeps = cut != nil && (0..<total).contains { isKept($0) }
            full?.program.begin(state)
            if keeps { cut?.program.begin(state) }
            for batch in 0..<total {
                try context.checkCancelled()
                try runBatch(batch, chunk, context, isOnly: false)
                context.progress(.batch(done: batch + 1, total: total))
            }
        }
        main.program.finish(state)
        for kernel in afterAll[chunk] { kernel.run(state) }
    }

    private func isKept(_ batch: Int) -> Bool { resources.cache?.isFilled(batch) ?? false }

    private func runBatch(_ batch: Int, _ chunk: Int, _ context: RunContext, isOnly: Bool) throws {
        let state = context.state
        let first = batch * plan.batchSize
        let examples = min(plan.batchSize, plan.problem.shape.examples - first)
        state.firstExample = first
        let usesKept = cut != nil && isKept(batch)
        precondition(usesKept || full != nil, "batch \(batch) has no primal values, and nothing to compute them with")
        let bound = usesKept ? cut! : full!
        if usesKept { resources.cache!.load(batch, state) }
        try bound.leaves.read(resources.problem, examples: examples, first: first, into: bound.program)
        for kernel in bound.beforeBatch[chunk][examples]! { kernel.run(state) }
        if isOnly { bound.program.begin(state) } else { bound.program.runBatch(examples, state) }
        try bound.checkIndices(resources.problem, first: first, examples: examples)
        if pass.isFirst, !usesKept { resources.cache!.save(batch, state) }
        for kernel in bound.afterBatch[chunk][examples]! { kernel.run(state) }
    }
}

/// A program of a pass, with what brings its batches in and out.
final class BoundProgram {
    let program: ProgramExecution
    let leaves: ProgramLeaves
    /// For each run over the data, by the size of the batch: rows of vectors in output space in, rows of results out.
    private(set) var beforeBatch: [[Int: [any Kernel]]] = []
    private(set) var afterBatch: [[Int: [any Kernel]]] = []

    /// - Parameter sharing: The program that has the sums over examples, if it is another one.
    init(_ program: ProgramPlan, _ pass: PassPlan, _ resources: ExecutionResources, sharing other: BoundProgram?) {
        let plan = resources.plan
        leaves = ProgramLeaves(plan, program.schedule)
        var external = leaves.external(
            program, slots: pass.pass.slots, parameters: resources.parameters, values: resources.values)
        if let other {
            for buffer in program.schedule.meetingBuffers where program.layout.offsets[buffer] == nil {
                if external[buffer] == nil { external[buffer] = other.program.memory(of: buffer) }
            }
        }
        let windows = (resources.cache?.windows ?? [:]).filter { program.windows.contains($0.key) }
        let batches = plan.problem.model.onlyBatch == nil ? plan.batches : [plan.batchSize]
        self.program = ProgramExecution(
            program, precision: plan.options.precision, arena: resources.arena, batches: batches,
            isSingle: plan.batchCount == 1, external: external, windows: windows)
        let transfers = PassTransfers(pass, plan, resources.values)
        for columns in pass.chunks {
            beforeBatch.append(transfers.examplesIn(self.program, columns, batches))
            afterBatch.append(transfers.examplesOut(self.program, columns, batches))
        }
    }

    func checkIndices(_ problem: Problem, first: Int, examples: Int) throws {
        guard let (index, node) = program.invalidIndex() else { return }
        let graph = program.schedule.graph
        let rows = graph.shape(graph.operands(node)[0])[0]
        let place = graph.origin(of: node).map { " at node \(OneLine.quotedName($0))" } ?? ""
        throw ProblemError(
            .index,
            "\(problem.data.origin): examples \(first) to \(first + examples - 1) have the index \(index), which is outside a table of \(rows) rows\(place)"
        )
    }
}
