import Kernels
import TensorIR

/// Arithmetic on values that are there.
final class AlgebraExecution: StepExecution {
    private(set) var measurement = RunMeasurement.Step()
    private let leaves: ProgramLeaves
    private let program: ProgramExecution
    private var afterAll: [any Kernel] = []

    init(_ algebra: AlgebraPlan, _ resources: ExecutionResources) {
        let plan = resources.plan
        leaves = ProgramLeaves(plan, algebra.program.schedule)
        program = ProgramExecution(
            algebra.program, precision: plan.options.precision, arena: resources.arena, batches: [plan.batchSize],
            isSingle: true,
            external: leaves.external(
                algebra.program, slots: [], parameters: resources.parameters, values: resources.values))
        for result in algebra.step.results {
            if let placed = algebra.program.placements[.value(result.node)], placed.value == result.value { continue }
            afterAll.append(
                CopyKernel(from: program.operand(result.node, examples: 0), to: resources.values[result.value]))
        }
    }

    func prepare(divisor: Double) throws { try leaves.read(divisor: divisor) }
    func resetMeasurement() { measurement = RunMeasurement.Step() }

    func run(_ context: RunContext) throws {
        try context.checkCancelled()
        context.measured(&measurement) {
            program.begin(context.state)
            program.finish(context.state)
            for kernel in afterAll { kernel.run(context.state) }
        }
    }
}
