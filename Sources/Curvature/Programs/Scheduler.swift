import Kernels
import TensorIR

/// Turns a graph into steps: decides which nodes are views, which are fused with their neighbours, which are cheap enough to
/// be computed again wherever they are needed, and in which order everything runs.
struct Scheduler {
    private let graph: TensorGraph
    private var schedule: Schedule
    private let nodes: [Node]
    private var consumers: [Node: [Node]] = [:]
    private let outputs: Set<Node>
    /// Elementwise nodes that are never stored: whoever needs them computes them from `root`.
    private var inlined: Set<Node> = []
    /// The step after which a value is there; -1 from the start.
    private var available: [Node: Int] = [:]
    /// Fused groups by their step.
    private var groups: [Int: FusedElementwise] = [:]
    /// The groups that a value is a member of, or is read by.
    private var groupsWith: [Node: [Int]] = [:]
    private var layouts: [Node: Operand] = [:]
    /// Steps' kinds before fused groups are closed.
    private var pending: [(phase: Phase, node: Node?, isCopy: Bool)] = []

    /// - Parameter kept: Values that are read instead of being computed; no views.
    static func schedule(_ graph: TensorGraph, outputs: [Node], kept: Set<Node> = []) -> Schedule {
        var scheduler = Scheduler(graph, outputs: outputs, kept: kept)
        return scheduler.run()
    }

    private init(_ graph: TensorGraph, outputs: [Node], kept: Set<Node>) {
        self.graph = graph
        self.outputs = Set(outputs)
        schedule = Schedule(graph: graph, outputs: outputs, kept: kept)
        nodes = graph.ancestors(of: outputs, stoppingAt: kept)
        let analysis = PhaseAnalysis(graph, nodes: nodes, kept: kept)
        (schedule.phases, schedule.frontier) = (analysis.phases, analysis.frontier)
        for node in nodes where !kept.contains(node) {
            for operand in graph.operands(node) { consumers[operand, default: []].append(node) }
        }
    }

    private mutating func run() -> Schedule {
        findInlined()
        for node in order() where !inlined.contains(node) {
            if isLeaf(node) {
                schedule.leaves.append(node)
                available[node] = -1
                layouts[node] = denseLayout(node)
            } else if elementwise(node) != nil {
                placeElementwise(node)
            } else if !placeView(node) {
                placePrimitive(node)
            }
        }
        close()
        return schedule
    }

    private func isLeaf(_ node: Node) -> Bool {
        schedule.kept.contains(node) || graph.primitive(node) is InputLeaf || graph.primitive(node) is ConstantLeaf
    }
    private func elementwise(_ node: Node) -> Elementwise? { graph.primitive(node) as? Elementwise }

    // MARK: Order

    /// Cheap functions of one value (a slope at an activation) cost less to compute again than to keep.
    private mutating func findInlined() {
        var roots: [Node: Set<Node>] = [:]
        for node in nodes {
            guard let operation = elementwise(node)?.operation, !outputs.contains(node), !isLeaf(node),
                (consumers[node] ?? []).allSatisfy({ elementwise($0) != nil })
            else { continue }
            let own = graph.operands(node).reduce(into: Set<Node>()) { set, operand in
                if inlined.contains(operand) {
                    set.formUnion(roots[operand]!)
                } else if !isUniform(operand) {
                    set.insert(operand)
                }
            }
            if own.count <= 1, operation.isCheap, !own.contains(where: isLeaf) || operation == .step {
                inlined.insert(node)
                roots[node] = own
            }
        }
    }
    private func isUniform(_ node: Node) -> Bool {
        graph.primitive(node) is ConstantLeaf || (graph.primitive(node) is Broadcast && graph.uniformValue(node) != nil)
    }

    /// The table's order, but a function of one stored value waits until its first consumer: until then only the value is kept.
    private func order() -> [Node] {
        var keys: [Node: (Int, Int, Int)] = [:]
        for node in nodes.reversed() {
            let index = Int(node.index)
            let uses = consumers[node] ?? []
            let stored = graph.operands(node).filter { !isUniform($0) && !inlined.contains($0) }
            if elementwise(node) != nil, Set(stored).count <= 1, !outputs.contains(node), !isLeaf(node),
                let first = uses.map({ keys[$0]! }).min(by: <)
            {
                keys[node] = (first.0, 0, index)
            } else {
                keys[node] = (index, 1, index)
            }
        }
        return nodes.sorted { keys[$0]! < keys[$1]! }
    }

    // MARK: Placement

    private mutating func placeView(_ node: Node) -> Bool {
        let operand = graph.operands(node).first
        guard let operand, let layout = layouts[operand] else { return false }
        let sizes = graph.shape(node).sizes(examples: Scheduler.genericExamples)
        let primitive = graph.primitive(node)
        if let view = primitive.view(layout, resultSizes: sizes) {
            (layouts[node], available[node]) = (view, available[operand]!)
            return true
        }
        guard primitive is Reshape else { return false }
        let step = copyStep(of: operand, for: node)
        schedule.readsCopy.insert(node)
        layouts[node] = denseLayout(node)
        available[node] = step
        return true
    }

    private mutating func placePrimitive(_ node: Node) {
        let primitive = graph.primitive(node)
        for (index, operand) in graph.operands(node).enumerated()
        where primitive.needsContiguous(index) && !layouts[operand]!.isContiguous {
            _ = copyStep(of: operand, for: node)
        }
        pending.append((schedule.phases[node]!, node, false))
        (available[node], layouts[node]) = (pending.count - 1, denseLayout(node))
    }

    private var copySteps: [Node: Int] = [:]
    private mutating func copyStep(of operand: Node, for consumer: Node) -> Int {
        if let step = copySteps[operand] { return step }
        // A view without an example axis of something older is copied once a run.
        let phase = schedule.frontier.contains(operand) ? .epilogue : schedule.phases[operand]!
        pending.append((phase, operand, true))
        copySteps[operand] = pending.count - 1
        schedule.copies.insert(operand)
        return pending.count - 1
    }

    private mutating func placeElementwise(_ node: Node) {
        let phase = schedule.phases[node]!
        let externals = storedOperands(of: node)
        let shape = graph.shape(node)
        // The latest group of this shape that has or reads one of the operands, if all other operands are there before it runs.
        let candidates = externals.reduce(into: Set<Int>()) { $0.formUnion(groupsWith[$1] ?? []) }
        let home = candidates.filter { step in
            pending[step].phase == phase && groups[step]!.shape == shape && groups[step]!.operations.count < 64
                && groups[step]!.loads.count < 32
                && externals.allSatisfy { groups[step]!.members.contains($0) || available[$0]! < step }
        }.max()
        let step: Int
        if let home {
            step = home
        } else {
            pending.append((phase, nil, false))
            step = pending.count - 1
            groups[step] = FusedElementwise(shape: shape)
        }
        _ = register(of: node, in: step)
        groups[step]!.members.insert(node)
        groupsWith[node, default: []].append(step)
        (available[node], layouts[node]) = (step, denseLayout(node))
    }

    private func storedOperands(of node: Node) -> Set<Node> {
        graph.operands(node).reduce(into: []) { set, operand in
            if inlined.contains(operand) { set.formUnion(storedOperands(of: operand)) } else { set.insert(operand) }
        }
    }

    /// The register of `node` in a group: a load, or an operation (inlined operands first).
    private mutating func register(of node: Node, in step: Int) -> Int {
        if let known = groups[step]!.registers[node] { return known }
        let sources = graph.operands(node).map { operand -> Int in
            if let known = groups[step]!.registers[operand] { return known }
            if inlined.contains(operand) { return register(of: operand, in: step) }
            // Loads are numbered apart (negative) until the group is closed.
            groups[step]!.loads.append(operand)
            if !isUniform(operand) { groupsWith[operand, default: []].append(step) }
            groups[step]!.registers[operand] = -groups[step]!.loads.count
            return -groups[step]!.loads.count
        }
        groups[step]!.operations.append((node, sources))
        groups[step]!.registers[node] = groups[step]!.operations.count - 1
        return groups[step]!.operations.count - 1
    }

    // MARK: Closing

    /// Decides what groups store, and lists what each step reads and writes.
    private mutating func close() {
        let sorted = pending.indices.sorted { (pending[$0].phase, $0) < (pending[$1].phase, $1) }
        for index in sorted {
            let (phase, node, isCopy) = pending[index]
            if let node, isCopy {
                schedule.steps.append(
                    Schedule.Step(
                        phase: phase, work: .copy(of: node), reads: schedule.buffers(node), writes: [.copy(node)]))
            } else if let node {
                let primitive = graph.primitive(node)
                let reads = graph.operands(node).enumerated().flatMap { position, operand in
                    primitive.needsContiguous(position) && schedule.copies.contains(operand)
                        ? [Schedule.Buffer.copy(operand)] : schedule.buffers(operand)
                }
                schedule.steps.append(
                    Schedule.Step(phase: phase, work: .primitive(node), reads: reads, writes: [.value(node)]))
            } else {
                let group = closed(groups[index]!)
                schedule.steps.append(
                    Schedule.Step(
                        phase: phase, work: .fused(group), reads: group.loads.flatMap { schedule.buffers($0) },
                        writes: group.stores.map { .value($0.node) }))
            }
        }
    }

    private func closed(_ group: FusedElementwise) -> FusedElementwise {
        var group = group
        let loads = group.loads.count
        let renumbered = { (register: Int) in register < 0 ? -register - 1 : register + loads }
        group.operations = group.operations.map { ($0.node, $0.sources.map(renumbered)) }
        for (index, operation) in group.operations.enumerated() where group.members.contains(operation.node) {
            let isNeeded =
                outputs.contains(operation.node)
                || (consumers[operation.node] ?? []).contains { isReadOutside($0, group) }
            if isNeeded { group.stores.append((index + loads, operation.node)) }
        }
        return group
    }
    /// Whether a consumer of a member reads it from memory: it is no member itself, and if it is inlined, someone outside uses it.
    private func isReadOutside(_ consumer: Node, _ group: FusedElementwise) -> Bool {
        if group.members.contains(consumer) { return false }
        guard inlined.contains(consumer) else { return true }
        return (consumers[consumer] ?? []).contains { isReadOutside($0, group) }
    }

    /// Layouts are decided for a batch size that no accident makes special.
    static let genericExamples = 7919
    private func denseLayout(_ node: Node) -> Operand {
        let type = graph.type(node)
        return Operand(
            address: UnsafeMutableRawPointer(bitPattern: 1 << 20)!, storage: type.element.storage(.float64),
            sizes: type.shape.sizes(examples: Scheduler.genericExamples))
    }
}

extension ElementwiseOperation {
    /// Operations that cost less than a trip to memory.
    var isCheap: Bool {
        switch self {
        case .step, .sign, .negate, .absolute, .add, .subtract, .multiply, .square, .equal, .less, .lessOrEqual, .not,
            .cast,
            .select, .identity:
            true
        default: false
        }
    }
}
