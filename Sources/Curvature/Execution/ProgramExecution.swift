import Kernels
import TensorIR

/// A program bound to memory: kernels for each phase, ready to run again and again.
final class ProgramExecution {
    let schedule: Schedule
    private let precision: Precision
    private let layout: ProgramLayout
    private let arena: Memory
    private let external: [Schedule.Buffer: Operand]
    private let windows: [Node: UnsafeMutableRawPointer]
    private var prologue: [any Kernel] = []
    private var epilogue: [any Kernel] = []
    private var bodies: [Int: [any Kernel]] = [:]
    /// Sums over examples start at zero where there are several batches.
    private var resets: [any Kernel] = []
    private var gathers: [(kernel: GatherKernel, node: Node)] = []

    /// - Parameters:
    ///   - arena: Shared with the plan's other programs, which run before or after.
    ///   - batches: The sizes of batches that will run.
    ///   - isSingle: Whether each run is one batch, so that sums over examples need not be added up.
    ///   - external: Where buffers outside the arena lie.
    ///   - windows: Where values lie that one program leaves for another; each has the batch's size.
    init(
        _ program: ProgramPlan, precision: Precision, arena: Memory, batches: [Int], isSingle: Bool,
        external: [Schedule.Buffer: Operand], windows: [Node: UnsafeMutableRawPointer] = [:]
    ) {
        (schedule, layout) = (program.schedule, program.layout)
        (self.precision, self.arena, self.external, self.windows) = (precision, arena, external, windows)
        prologue = kernels(.prologue, examples: batches[0], accumulate: false)
        epilogue = kernels(.epilogue, examples: batches[0], accumulate: false)
        for examples in batches { bodies[examples] = kernels(.body, examples: examples, accumulate: !isSingle) }
        if !isSingle {
            resets = schedule.frontier.nodes.map { FillKernel(operand($0, examples: 0), value: 0) }
        }
    }

    /// What a batch asked of a table that has no such row, if it did: the row, and where.
    func invalidIndex() -> (index: Int64, node: Node)? {
        for (kernel, node) in gathers {
            if let index = kernel.firstInvalidIndex { return (index, node) }
        }
        return nil
    }

    func begin(_ state: RunState) {
        for kernel in resets { kernel.run(state) }
        for kernel in prologue { kernel.run(state) }
    }
    func runBatch(_ examples: Int, _ state: RunState) { for kernel in bodies[examples]! { kernel.run(state) } }
    func finish(_ state: RunState) { for kernel in epilogue { kernel.run(state) } }

    /// The memory of a node's value.
    func operand(_ node: Node, examples: Int) -> Operand {
        let sizes = schedule.graph.shape(node).sizes(examples: examples)
        if schedule.readsCopy.contains(node) {
            let source = schedule.graph.operands(node)[0]
            return Operand(
                address: dense(.copy(source), examples).address, storage: storage(node), sizes: sizes)
        }
        guard schedule.graph.isView(node) else { return dense(.value(node), examples) }
        let operand = operand(schedule.graph.operands(node)[0], examples: examples)
        guard let view = schedule.graph.primitive(node).view(operand, resultSizes: sizes) else {
            preconditionFailure("a view at one batch size is a view at every one")
        }
        return view
    }

    /// The memory of a buffer that has no examples.
    func memory(of buffer: Schedule.Buffer) -> Operand { dense(buffer, 0) }

    private func storage(_ node: Node) -> Storage { schedule.graph.type(node).element.storage(precision) }

    private func dense(_ buffer: Schedule.Buffer, _ examples: Int) -> Operand {
        if let operand = external[buffer] { return operand }
        if !buffer.isCopy, let address = windows[buffer.node] {
            let node = buffer.node
            return Operand(
                address: address, storage: storage(node), sizes: schedule.graph.shape(node).sizes(examples: examples))
        }
        guard let offset = layout.offsets[buffer] else {
            preconditionFailure("\(schedule.graph.primitive(buffer.node).name) has no memory")
        }
        return Operand(
            address: arena.address + offset, storage: storage(buffer.node),
            sizes: schedule.graph.shape(buffer.node).sizes(examples: examples))
    }

    private func kernels(_ phase: Phase, examples: Int, accumulate: Bool) -> [any Kernel] {
        schedule.steps.filter { $0.phase == phase }.map { step in
            switch step.work {
            case .copy(let node): CopyKernel(from: operand(node, examples: examples), to: dense(.copy(node), examples))
            case .primitive(let node):
                kernel(node, examples, accumulate: accumulate && schedule.frontier.contains(node))
            case .fused(let group): kernel(schedule.groups[group], examples)
            }
        }
    }

    private func kernel(_ node: Node, _ examples: Int, accumulate: Bool) -> any Kernel {
        let primitive = schedule.graph.primitive(node)
        let operands = schedule.graph.operands(node).enumerated().map { index, operand in
            primitive.needsContiguous(index) && schedule.copies.contains(operand)
                ? dense(.copy(operand), examples) : self.operand(operand, examples: examples)
        }
        precondition(!accumulate || primitive.canAccumulate, "\(primitive.name) cannot add over batches")
        let kernel = primitive.kernel(operands, result: dense(.value(node), examples), accumulate: accumulate)
        if let gather = kernel as? GatherKernel { gathers.append((gather, node)) }
        return kernel
    }

    private func kernel(_ group: FusedElementwise, _ examples: Int) -> any Kernel {
        let graph = schedule.graph
        let instructions = group.operations.enumerated().map { index, operation in
            let elementwise = graph.primitive(operation.node) as! Elementwise
            let typed = graph.operands(operation.node).last!
            return ElementwiseInstruction(
                operation: elementwise.operation, storage: storage(typed), resultStorage: storage(operation.node),
                destination: group.loads.count + index, sources: operation.sources)
        }
        return ElementwiseKernel(
            sizes: group.shape.sizes(examples: examples), loads: group.loads.map { operand($0, examples: examples) },
            instructions: instructions,
            stores: group.stores.map { (register: $0.register, operand: dense(.value($0.node), examples)) },
            registerStorages: group.loads.map(storage) + group.operations.map { storage($0.node) })
    }
}
