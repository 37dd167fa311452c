import Kernels
import TensorIR

/// One step of a plan bound to memory.
final class StepExecution {
    private let step: Plan.Step
    private let plan: Plan
    private let program: ProgramExecution
    private let constants: ConstantStore
    /// Before the first batch: pieces of blocks, turned so that columns lead.
    private var beforeAll: [any Kernel] = []
    /// Before and after each batch of a size: rows of vectors in output space in, rows of results out.
    private var beforeBatch: [Int: [any Kernel]] = [:]
    private var afterBatch: [Int: [any Kernel]] = [:]
    private var afterAll: [any Kernel] = []

    init(_ step: Plan.Step, plan: Plan, arena: Memory, parameters: ParameterStore, values: ValueStore) {
        (self.step, self.plan) = (step, plan)
        let schedule = step.program.schedule
        constants = ConstantStore(schedule, plan.options.precision)
        var external = constants.operands
        for leaf in schedule.leaves where schedule.isExternal(leaf) {
            guard let input = schedule.graph.primitive(leaf) as? InputLeaf else { continue }
            switch input.role {
            case .parameter(let index): external[.value(leaf)] = parameters[index]
            case .value(let index): external[.value(leaf)] = values[Value(index: index)]
            case .vector(let slot, let parameter, _):
                guard case .dataPass(let pass) = step.work else { continue }
                external[.value(leaf)] = plan.piece(parameter, of: values[pass.slots[slot]])
            default: break
            }
        }
        for (buffer, placement) in step.program.placements {
            let sizes = schedule.graph.shape(buffer.node).sizes(examples: 0)
            external[buffer] = values[placement.value].slice(from: placement.start, sizes: sizes)
        }
        let batches = plan.problem.model.onlyBatch == nil ? plan.batches : [plan.batchSize]
        program = ProgramExecution(
            step.program, precision: plan.options.precision, arena: arena, batches: batches,
            isSingle: plan.batchCount == 1, external: external)
        bindTransfers(values, batches)
    }

    // MARK: Running

    /// Reads what stays the same from run to run.
    func prepare(divisor: Double) throws {
        for leaf in step.program.schedule.leaves {
            guard let input = step.program.schedule.graph.primitive(leaf) as? InputLeaf,
                case .auxiliary(let name) = input.role
            else { continue }
            let operand = constants.operands[.value(leaf)]!
            switch name {
            case "divisor": operand.fill([divisor])
            case "inverse divisor": operand.fill([1 / divisor])
            default: try plan.problem.vectors.read(name, from: 0, into: operand)
            }
        }
    }

    func run(_ state: RunState, batchDone: () -> Void) throws {
        guard case .dataPass = step.work else {
            program.begin(state)
            program.finish(state)
            for kernel in afterAll { kernel.run(state) }
            return
        }
        for kernel in beforeAll { kernel.run(state) }
        if plan.problem.model.onlyBatch != nil {
            state.firstExample = 0
            try runBatch(plan.batchSize, state, isOnly: true)
            batchDone()
        } else {
            program.begin(state)
            for first in stride(from: 0, to: plan.problem.shape.examples, by: plan.batchSize) {
                state.firstExample = first
                try runBatch(min(plan.batchSize, plan.problem.shape.examples - first), state, isOnly: false)
                batchDone()
            }
        }
        program.finish(state)
        for kernel in afterAll { kernel.run(state) }
    }

    /// `isOnly`: the graph has no symbolic examples, so all of it is prologue.
    private func runBatch(_ examples: Int, _ state: RunState, isOnly: Bool) throws {
        try readData(examples, state.firstExample)
        for kernel in beforeBatch[examples]! { kernel.run(state) }
        if isOnly { program.begin(state) } else { program.runBatch(examples, state) }
        if let (index, node) = program.invalidIndex() {
            let graph = step.program.schedule.graph
            let rows = graph.shape(graph.operands(node)[0])[0]
            let place = graph.origin(of: node).map { " at node '\($0)'" } ?? ""
            throw ProblemError(
                .index,
                "\(plan.problem.data.origin): examples \(state.firstExample) to \(state.firstExample + examples - 1) have the index \(index), which is outside a table of \(rows) rows\(place)"
            )
        }
        for kernel in afterBatch[examples]! { kernel.run(state) }
    }

    private func readData(_ examples: Int, _ first: Int) throws {
        let problem = plan.problem
        for leaf in step.program.schedule.leaves {
            guard let input = step.program.schedule.graph.primitive(leaf) as? InputLeaf else { continue }
            let operand = program.operand(leaf, examples: examples)
            switch input.role {
            case .data("targets"):
                try problem.data.read("targets", from: first * (operand.count / examples), into: operand)
            case .data(let name):
                let model = problem.model.inputs.first { $0.name == name }!
                try problem.data.read(
                    problem.dataName(of: model), from: first * (operand.count / examples), into: operand)
            case .exampleWeights(let name):
                try problem.vectors.read(name, from: first * (operand.count / examples), into: operand)
            default: break
            }
        }
    }

    // MARK: Transfers between passes and the plan's values

    private func bindTransfers(_ values: ValueStore, _ batches: [Int]) {
        guard case .dataPass(let pass) = step.work else { return bindAlgebraResults(values) }
        let graph = pass.graph
        for leaf in step.program.schedule.leaves {
            guard let input = graph.primitive(leaf) as? InputLeaf else { continue }
            switch input.role {
            case .vector(let slot, let parameter, true):
                let piece = plan.columnsLeading(plan.piece(parameter, of: values[pass.slots[slot]]))
                beforeAll.append(CopyKernel(from: piece, to: program.operand(leaf, examples: 0)))
            case .outputVector(let slot, let hasColumns):
                for examples in batches {
                    beforeBatch[examples, default: []].append(
                        ExampleTransferKernel(
                            batch: program.operand(leaf, examples: examples), whole: values[pass.slots[slot]],
                            direction: .toBatch, columns: hasColumns ? graph.shape(leaf)[0].inner : 1,
                            examples: examples))
                }
            default: break
            }
        }
        for examples in batches {
            beforeBatch[examples, default: []] += []
            afterBatch[examples, default: []] += []
        }
        for result in pass.results {
            let columns = plan.operators.kind(result.value).columns
            if result.form == .examples {
                for examples in batches {
                    let source = program.operand(result.nodes[0], examples: examples)
                    afterBatch[examples]!.append(
                        contentsOf: examplesTransfer(source, values[result.value], columns, examples))
                }
                continue
            }
            var start = 0
            for (parameter, node) in result.nodes.enumerated() {
                defer { start += graph.shape(node).factor }
                if let placed = step.program.placements[.value(node)], placed.value == result.value,
                    placed.start == start,
                    columns == nil
                {
                    continue
                }
                let source = program.operand(node, examples: 0)
                let whole = values[result.value]
                let target =
                    result.form == .scalar
                    ? whole
                    : columns == nil
                        ? plan.piece(parameter, of: whole) : plan.columnsLeading(plan.piece(parameter, of: whole))
                afterAll.append(CopyKernel(from: source, to: target))
            }
        }
    }

    private func examplesTransfer(_ source: Operand, _ whole: Operand, _ columns: Int?, _ examples: Int) -> [any Kernel]
    {
        var kernels: [any Kernel] = []
        var source = source
        if !source.isContiguous {
            let memory = Memory(byteCount: source.count * source.storage.byteCount)
            scratch.append(memory)
            let dense = Operand(address: memory.address, storage: source.storage, sizes: source.sizes)
            kernels.append(CopyKernel(from: source, to: dense))
            source = dense
        }
        kernels.append(
            ExampleTransferKernel(
                batch: source, whole: whole, direction: .toWhole, columns: columns ?? 1, examples: examples))
        return kernels
    }
    private var scratch: [Memory] = []

    private func bindAlgebraResults(_ values: ValueStore) {
        guard case .algebra(let algebra) = step.work else { return }
        for result in algebra.results {
            if let placed = step.program.placements[.value(result.node)], placed.value == result.value { continue }
            afterAll.append(CopyKernel(from: program.operand(result.node, examples: 0), to: values[result.value]))
        }
    }
}

extension Plan {
    /// The part of a vector (D) or block (D, K) that belongs to a selected parameter, in the parameter's shape (with a last axis K).
    func piece(_ parameter: Int, of whole: Operand) -> Operand {
        let parameters = problem.parameters
        let columns = Array(whole.sizes.dropFirst())
        let start = parameters[..<parameter].reduce(0) { $0 + $1.count } * columns.reduce(1, *)
        return whole.slice(from: start, sizes: parameters[parameter].shape + columns)
    }
    /// (..., K) seen as (K, ...).
    func columnsLeading(_ piece: Operand) -> Operand {
        Operand(
            address: piece.address, storage: piece.storage, sizes: [piece.sizes.last!] + piece.sizes.dropLast(),
            strides: [piece.strides.last!] + piece.strides.dropLast())
    }
}

extension Operand {
    /// Elements from `start` on, of a contiguous operand.
    func slice(from start: Int, sizes: [Int]) -> Operand {
        Operand(address: address + start * storage.byteCount, storage: storage, sizes: sizes)
    }
}
