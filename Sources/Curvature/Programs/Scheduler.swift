import Kernels
import TensorIR

/// Turns a graph into steps: decides which nodes are views, which are fused with their neighbours, which are cheap enough to
/// be computed again wherever they are needed, and in which order everything runs.
struct Scheduler {
    private let graph: TensorGraph
    private let views: ViewLayouts
    private var schedule: Schedule
    private let nodes: [Node]
    private let uses: NodeUses
    private let phases: NodeTable<Phase>
    private let outputs: NodeSet
    /// Elementwise nodes that are never stored: whoever needs them computes them from their root.
    private var inlined = NodeSet()
    /// The step after which a value is there; -1 from the start.
    private var available: NodeTable<Int>
    /// The step whose group has a value as a member.
    private var homes: NodeTable<Int>
    private var groups: [FusedGroup] = []
    /// The steps of groups that a value is a member of, or is read by.
    private var groupsWith: NodeTable<[Int]>
    private var copySteps = NodeTable<Int>()
    private var pending: [(phase: Phase, work: Work)] = []

    /// Steps before fused groups are closed.
    private enum Work {
        case primitive(Node)
        case copy(of: Node)
        /// A position in `groups`.
        case fused(Int)
    }

    /// - Parameters:
    ///   - kept: Values that are read instead of being computed; no views.
    ///   - views: Those of the graph, where several of its schedules are made.
    static func schedule(
        _ graph: TensorGraph, outputs: [Node], kept: NodeSet = [], views: ViewLayouts? = nil
    ) -> Schedule {
        var scheduler = Scheduler(graph, outputs: outputs, kept: kept, views: views ?? ViewLayouts(graph))
        return scheduler.run()
    }

    private init(_ graph: TensorGraph, outputs: [Node], kept: NodeSet, views: ViewLayouts) {
        (self.graph, self.views) = (graph, views)
        self.outputs = NodeSet(outputs)
        schedule = Schedule(graph, outputs: outputs, kept: kept)
        nodes = graph.ancestors(of: outputs, stoppingAt: kept)
        uses = NodeUses(graph, nodes: nodes, kept: kept)
        let analysis = PhaseAnalysis(graph, nodes: nodes, kept: kept)
        (phases, schedule.frontier) = (analysis.phases, analysis.frontier)
        (available, homes) = (NodeTable(count: graph.count), NodeTable(count: graph.count))
        groupsWith = NodeTable(count: graph.count)
    }

    private mutating func run() -> Schedule {
        findInlined()
        for node in order() where !inlined.contains(node) {
            if schedule.isLeaf(node) {
                schedule.leaves.append(node)
                available[node] = -1
            } else if isElementwise(node) {
                placeElementwise(node)
            } else if graph.isView(node) {
                placeView(node)
            } else {
                placePrimitive(node)
            }
        }
        close()
        schedule.lifetimes = Lifetimes(schedule)
        return schedule
    }

    private func isElementwise(_ node: Node) -> Bool { graph.nodeClass(node).operation != nil }

    // MARK: Order

    /// Cheap functions of one value (a slope at an activation) cost less to compute again than to keep.
    private mutating func findInlined() {
        // The value that an inlined node is a function of; nil where there is none.
        var roots = NodeTable<Node>(count: graph.count)
        for node in nodes {
            guard let operation = graph.nodeClass(node).operation, operation.isCheap, !outputs.contains(node),
                !schedule.isLeaf(node), uses[node].allSatisfy({ isElementwise($0) })
            else { continue }
            var root: Node?
            var hasSeveral = false
            for operand in graph.operands(node) {
                let own = inlined.contains(operand) ? roots[operand] : isUniform(operand) ? nil : operand
                guard let own else { continue }
                hasSeveral = hasSeveral || (root != nil && root != own)
                root = own
            }
            guard !hasSeveral else { continue }
            if let root, schedule.isLeaf(root), operation != .step { continue }
            inlined.insert(node)
            roots[node] = root
        }
    }
    private func isUniform(_ node: Node) -> Bool {
        switch graph.nodeClass(node) {
        case .constant: true
        case .broadcast: graph.uniformValue(node) != nil
        default: false
        }
    }

    /// The table's order, but a function of one stored value waits until its first consumer: until then only the value is kept.
    private func order() -> [Node] {
        // The node right before which a node is placed, or the node itself. It comes no earlier in the table, so that nodes with one
        // place keep the table's order.
        var places = [Int](repeating: 0, count: graph.count)
        var starts = [Int](repeating: 0, count: graph.count + 1)
        for node in nodes.reversed() {
            var place = Int(node.index)
            if isElementwise(node), !outputs.contains(node), !schedule.isLeaf(node), readsOneValue(node) {
                place = uses[node].lazy.map { places[Int($0.index)] }.min() ?? place
            }
            places[Int(node.index)] = place
            starts[place + 1] += 1
        }
        for index in 0..<graph.count { starts[index + 1] += starts[index] }
        var order = nodes
        for node in nodes {
            let place = places[Int(node.index)]
            order[starts[place]] = node
            starts[place] += 1
        }
        return order
    }
    /// Whether a node reads at most one value from memory.
    private func readsOneValue(_ node: Node) -> Bool {
        var read: Node?
        for operand in graph.operands(node) where !isUniform(operand) && !inlined.contains(operand) {
            if let read, read != operand { return false }
            read = operand
        }
        return true
    }

    // MARK: Placement

    private mutating func placeView(_ node: Node) {
        let operand = graph.operands(node)[0]
        if views.ofCopies.contains(node) {
            let step = copyStep(of: operand)
            schedule.readsCopy.insert(node)
            available[node] = step
        } else {
            available[node] = available[operand]!
        }
    }

    private mutating func placePrimitive(_ node: Node) {
        let primitive = graph.primitive(node)
        for (index, operand) in graph.operands(node).enumerated()
        where !views.isContiguous(operand) && primitive.needsContiguous(index) {
            _ = copyStep(of: operand)
        }
        pending.append((phases[node]!, .primitive(node)))
        available[node] = pending.count - 1
    }

    private mutating func copyStep(of operand: Node) -> Int {
        if let step = copySteps[operand] { return step }
        // A view without an example axis of something older is copied once a run.
        let phase = schedule.frontier.contains(operand) ? .epilogue : phases[operand]!
        pending.append((phase, .copy(of: operand)))
        copySteps[operand] = pending.count - 1
        schedule.copies.insert(operand)
        return pending.count - 1
    }

    private mutating func placeElementwise(_ node: Node) {
        let phase = phases[node]!
        var operands: [Node] = []
        addStoredOperands(of: node, to: &operands)
        let step: Int
        if let home = home(for: operands, phase: phase, shape: graph.shape(node)) {
            step = home
        } else {
            groups.append(FusedGroup(shape: graph.shape(node)))
            pending.append((phase, .fused(groups.count - 1)))
            step = pending.count - 1
        }
        _ = register(of: node, in: step)
        homes[node] = step
        groupsWith.append(step, at: node)
        available[node] = step
    }

    /// The latest group of this shape that has or reads one of the operands, if all other operands are there before it runs.
    private func home(for operands: [Node], phase: Phase, shape: Shape) -> Int? {
        var home: Int?
        for operand in operands {
            for step in groupsWith[operand] ?? [] where step > home ?? -1 && pending[step].phase == phase {
                let group = groups[group(at: step)]
                if !group.isFull, group.shape == shape,
                    operands.allSatisfy({ homes[$0] == step || available[$0]! < step })
                {
                    home = step
                }
            }
        }
        return home
    }

    private func group(at step: Int) -> Int {
        guard case .fused(let group) = pending[step].work else { preconditionFailure("step \(step) is no group") }
        return group
    }

    private func addStoredOperands(of node: Node, to stored: inout [Node]) {
        for operand in graph.operands(node) {
            if inlined.contains(operand) {
                addStoredOperands(of: operand, to: &stored)
            } else if !stored.contains(operand) {
                stored.append(operand)
            }
        }
    }

    /// The register of `node` in a step's group: a load, or an operation (inlined operands first).
    private mutating func register(of node: Node, in step: Int) -> Int {
        let group = group(at: step)
        if let known = groups[group].register(of: node) { return known }
        var sources: [Int] = []
        for operand in graph.operands(node) {
            if let known = groups[group].register(of: operand) {
                sources.append(known)
            } else if inlined.contains(operand) {
                sources.append(register(of: operand, in: step))
            } else {
                sources.append(groups[group].load(operand))
                if !isUniform(operand) { groupsWith.append(step, at: operand) }
            }
        }
        return groups[group].append(node, sources: sources)
    }

    // MARK: Closing

    /// Decides what groups store, and lists what each step reads and writes.
    private mutating func close() {
        for phase in Phase.allCases {
            for (index, step) in pending.enumerated() where step.phase == phase {
                schedule.steps.append(closed(step.work, phase: phase, index: index))
            }
        }
    }

    private func closed(_ work: Work, phase: Phase, index: Int) -> Schedule.Step {
        switch work {
        case .copy(let node):
            return Schedule.Step(
                phase: phase, work: .copy(of: node), reads: [schedule.buffer(node)], writes: [.copy(node)])
        case .primitive(let node):
            let operands = graph.operands(node)
            let hasCopies = operands.contains { schedule.copies.contains($0) }
            let reads = operands.enumerated().map { position, operand in
                hasCopies && schedule.copies.contains(operand) && graph.primitive(node).needsContiguous(position)
                    ? Schedule.Buffer.copy(operand) : schedule.buffer(operand)
            }
            return Schedule.Step(phase: phase, work: .primitive(node), reads: reads, writes: [.value(node)])
        case .fused(let group):
            let closed = groups[group].closed { isNeeded($0, outside: index) }
            return Schedule.Step(
                phase: phase, work: .fused(closed), reads: closed.loads.map { schedule.buffer($0) },
                writes: closed.stores.map { .value($0.node) })
        }
    }

    /// Whether a member of a step's group has to be stored.
    private func isNeeded(_ node: Node, outside step: Int) -> Bool {
        guard !inlined.contains(node) else { return false }
        return outputs.contains(node) || uses[node].contains { isReadOutside($0, step) }
    }
    /// Whether a consumer of a member reads it from memory: it is no member itself, and if it is inlined, someone outside uses it.
    private func isReadOutside(_ consumer: Node, _ step: Int) -> Bool {
        if homes[consumer] == step { return false }
        guard inlined.contains(consumer) else { return true }
        return uses[consumer].contains { isReadOutside($0, step) }
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
