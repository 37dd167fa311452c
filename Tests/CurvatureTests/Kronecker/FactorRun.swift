import Kernels
import TensorIR

@testable import Curvature

/// Runs nodes of a network's graph over all data in batches, as a data pass does.
struct FactorRun {
    private var values: [Node: [Double]] = [:]
    subscript(node: Node) -> [Double] { values[node]! }

    /// - Parameter given: Values of leaves that stand for matrices from elsewhere.
    init(
        _ network: NetworkLowering, _ nodes: [Node], batch: Int = 3, threads: Int = 1, precision: Precision = .float64,
        given: [Node: [Double]] = [:]
    ) throws {
        let problem = network.problem
        let total = problem.shape.examples
        let schedule = Scheduler.schedule(network.graph, outputs: nodes)
        let sizes = [min(batch, total), total % batch].filter { $0 > 0 }
        let program = ProgramPlan(schedule, results: [], precision: precision, examples: sizes[0])
        let constants = ConstantStore(schedule, precision)
        let parameters = ParameterStore(problem.model, precision, isShared: false)
        var external = constants.operands
        var memories: [Memory] = []
        let divisor = try LossDivisor(problem: problem).value()
        for leaf in schedule.leaves {
            guard let input = network.graph.primitive(leaf) as? InputLeaf else { continue }
            switch input.role {
            case .parameter(let index): external[.value(leaf)] = parameters[index]
            case .auxiliary("inverse divisor"): constants.operands[.value(leaf)]!.fill([1 / divisor])
            case .auxiliary(let name):
                try problem.vectors.read(name, from: 0, into: constants.operands[.value(leaf)]!)
            case .value:
                let memory = Memory(byteCount: input.type.shape.factor * precision.storage.byteCount)
                let operand = Operand(
                    address: memory.address, storage: precision.storage, sizes: input.type.shape.numbers!)
                operand.fill(given[leaf]!)
                memories.append(memory)
                external[.value(leaf)] = operand
            default: break
            }
        }
        let arena = Memory(byteCount: program.layout.byteCount)
        let execution = ProgramExecution(
            program, precision: precision, arena: arena, batches: sizes, isSingle: batch >= total, external: external)
        defer { withExtendedLifetime((arena, memories, constants, parameters)) {} }
        let state = RunState()
        var failure: (any Error)?
        TaskArena(threads: threads).run {
            do {
                execution.begin(state)
                for first in stride(from: 0, to: total, by: batch) {
                    state.firstExample = first
                    let examples = min(batch, total - first)
                    for leaf in schedule.leaves {
                        guard let input = network.graph.primitive(leaf) as? InputLeaf else { continue }
                        let operand = execution.operand(leaf, examples: examples)
                        let start = first * (operand.count / examples)
                        switch input.role {
                        case .data("targets"): try problem.data.read("targets", from: start, into: operand)
                        case .data(let name):
                            let model = problem.model.inputs.first { $0.name == name }!
                            try problem.data.read(problem.dataName(of: model), from: start, into: operand)
                        case .exampleWeights(let name): try problem.vectors.read(name, from: start, into: operand)
                        default: break
                        }
                    }
                    execution.runBatch(examples, state)
                }
                execution.finish(state)
            } catch { failure = error }
        }
        if let failure { throw failure }
        for node in nodes {
            let operand = execution.operand(node, examples: 0)
            let memory = Memory(byteCount: operand.count * operand.storage.byteCount)
            defer { withExtendedLifetime(memory) {} }
            let dense = Operand(address: memory.address, storage: operand.storage, sizes: operand.sizes)
            CopyKernel(from: operand, to: dense).run(state)
            values[node] = dense.doubles
        }
    }
}
