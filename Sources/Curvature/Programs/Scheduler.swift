import Kernels
import TensorIR

/// Turns a graph into steps: decides which nodes are views, which are fused with their neighbours, which are cheap enough to
/// be computed again wherever they are needed, and in which order everything runs.
struct Scheduler {
    private let graph: TensorGraph
    private let structure: GraphStructure
    private let views: ViewLayouts
    private var schedule: Schedule
    private let nodes: [Node]
    private let uses: NodeUses
    private let phases: [Phase]
    private let outputs: NodeSet
    /// Elementwise nodes that are never stored: whoever needs them computes them from their root.
    private var inlined = NodeSet()
    /// Of each node: the step after which its value is there, -1 from the start; and the step whose group has it as a member, -1 if none has.
    private var available: [Int32]
    private var homes: [Int32]
    private var groups: [FusedGroup] = []
    /// The steps of groups that a value is a member of, or is read by.
    private var groupsWith: NodeLists
    /// The steps that copy a view; -1 where none does.
    private var copySteps: [Int32]
    private var pending: [(phase: Phase, work: Schedule.Work)] = []

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
        structure = graph.structure
        self.outputs = NodeSet(outputs)
        schedule = Schedule(graph, outputs: outputs, kept: kept)
        nodes = graph.ancestors(of: outputs, stoppingAt: kept)
        uses = NodeUses(structure, nodes: nodes, kept: kept)
        let analysis = PhaseAnalysis(graph, nodes: nodes, kept: kept)
        (phases, schedule.frontier) = (analysis.phases, analysis.frontier)
        available = [Int32](repeating: -1, count: structure.count)
        (homes, copySteps) = (available, available)
        groupsWith = NodeLists(count: structure.count)
    }

    private mutating func run() -> Schedule {
        findInlined()
        for node in order() where !inlined.contains(node) {
            if schedule.isLeaf(node) {
                schedule.leaves.append(node)
            } else if isElementwise(node) {
                placeElementwise(node)
            } else if structure[node].nodeClass.isView {
                placeView(node)
            } else {
                placePrimitive(node)
            }
        }
        close()
        schedule.lifetimes = Lifetimes(schedule)
        return schedule
    }

    private func isElementwise(_ node: Node) -> Bool { structure[node].nodeClass.operation != nil }

    // MARK: Order

    /// Cheap functions of one value (a slope at an activation) cost less to compute again than to keep.
    private mutating func findInlined() {
        // The value that an inlined node is a function of; nil where there is none.
        var roots = NodeMap(count: structure.count)
        for node in nodes {
            guard let operation = structure[node].nodeClass.operation, operation.isCheap, !outputs.contains(node),
                !schedule.isLeaf(node), uses[node].allSatisfy({ isElementwise($0) })
            else { continue }
            var root: Node?
            var hasSeveral = false
            for operand in structure.operands(node) {
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
        switch structure[node].nodeClass {
        case .constant: true
        case .broadcast: graph.uniformValue(node) != nil
        default: false
        }
    }

    /// The table's order, but a function of one stored value waits until its first consumer: until then only the value is kept.
    private func order() -> [Node] {
        // The node right before which a node is placed, or the node itself. It comes no earlier in the table, so that nodes with one
        // place keep the table's order.
        var places = [Int](repeating: 0, count: structure.count)
        var starts = [Int](repeating: 0, count: structure.count + 1)
        for node in nodes.reversed() {
            var place = Int(node.index)
            if isElementwise(node), !outputs.contains(node), !schedule.isLeaf(node), readsOneValue(node) {
                place = uses[node].reduce(Int.max) { min($0, places[$1]) }
            }
            places[node] = place
            starts[place + 1] += 1
        }
        for index in 0..<structure.count { starts[index + 1] += starts[index] }
        var order = nodes
        for node in nodes {
            let place = places[node]
            order[starts[place]] = node
            starts[place] += 1
        }
        return order
    }
    /// Whether a node reads at most one value from memory.
    private func readsOneValue(_ node: Node) -> Bool {
        var read: Node?
        for operand in structure.operands(node) where !isUniform(operand) && !inlined.contains(operand) {
            if let read, read != operand { return false }
            read = operand
        }
        return true
    }

    // MARK: Placement

    private mutating func placeView(_ node: Node) {
        let operand = structure.source(node)
        if views.ofCopies.contains(node) {
            let step = copyStep(of: operand)
            schedule.readsCopy.insert(node)
            available[node] = step
        } else {
            available[node] = available[operand]
        }
    }

    private mutating func placePrimitive(_ node: Node) {
        for (index, operand) in structure.operands(node).enumerated()
        where !views.isContiguous(operand) && graph.primitive(node).needsContiguous(index) {
            _ = copyStep(of: operand)
        }
        available[node] = append(phases[node], .primitive(node))
    }

    private mutating func append(_ phase: Phase, _ work: Schedule.Work) -> Int32 {
        pending.append((phase, work))
        return Int32(pending.count - 1)
    }

    private mutating func copyStep(of operand: Node) -> Int32 {
        if copySteps[operand] >= 0 { return copySteps[operand] }
        // A view without an example axis of something older is copied once a run.
        let phase = schedule.frontier.contains(operand) ? .epilogue : phases[operand]
        let step = append(phase, .copy(of: operand))
        copySteps[operand] = step
        schedule.copies.insert(operand)
        return step
    }

    private mutating func placeElementwise(_ node: Node) {
        let (phase, shapeID) = (phases[node], structure[node].shapeID)
        var operands: [Node] = []
        addStoredOperands(of: node, to: &operands)
        let step: Int
        if let home = home(for: operands, phase: phase, shapeID: shapeID) {
            step = home
        } else {
            groups.append(FusedGroup(shapeID: shapeID))
            step = Int(append(phase, .fused(groups.count - 1)))
        }
        _ = register(of: node, in: step)
        groupsWith.append(step, at: node)
        (homes[node], available[node]) = (Int32(step), Int32(step))
    }

    /// The latest group of this shape that has or reads one of the operands, if all other operands are there before it runs.
    private func home(for operands: [Node], phase: Phase, shapeID: Int32) -> Int? {
        var home: Int?
        for operand in operands {
            for step in groupsWith[operand] where step > home ?? -1 && pending[step].phase == phase {
                let group = group(at: step)
                if groups[group].shapeID == shapeID, !groups[group].isFull,
                    operands.allSatisfy({ homes[$0] == step || available[$0] < step })
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
        for operand in structure.operands(node) {
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
        let operands = structure.operands(node)
        let first = source(operands.first!, step, group)
        let second = operands.count > 1 ? source(operands[operands.startIndex + 1], step, group) : first
        let third = operands.count > 2 ? source(operands[operands.startIndex + 2], step, group) : second
        return groups[group].append(node, sources: (first, second, third))
    }

    private mutating func source(_ operand: Node, _ step: Int, _ group: Int) -> Int {
        if let known = groups[group].register(of: operand) { return known }
        if inlined.contains(operand) { return register(of: operand, in: step) }
        if !isUniform(operand) { groupsWith.append(step, at: operand) }
        return groups[group].load(operand)
    }

    // MARK: Closing

    /// Decides what groups store, and lists what each step reads and writes.
    private mutating func close() {
        for phase in Phase.allCases {
            for step in pending.indices where pending[step].phase == phase {
                switch pending[step].work {
                case .copy(let node):
                    let read = schedule.buffer(node)
                    schedule.append(
                        phase, .copy(of: node), reads: CollectionOfOne(read),
                        writes: CollectionOfOne(Schedule.Buffer.copy(node)))
                case .primitive(let node):
                    let reads = reads(of: node)
                    schedule.append(
                        phase, .primitive(node), reads: reads, writes: CollectionOfOne(Schedule.Buffer.value(node)))
                case .fused(let group):
                    let isStored = groups[group].operations.map { isNeeded($0.node, outside: step) }
                    schedule.append(phase, groups[group].closed(graph, isStored: isStored))
                }
            }
        }
    }

    private func reads(of node: Node) -> [Schedule.Buffer] {
        structure.operands(node).enumerated().map { position, operand in
            schedule.copies.contains(operand) && graph.primitive(node).needsContiguous(position)
                ? .copy(operand) : schedule.buffer(operand)
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
