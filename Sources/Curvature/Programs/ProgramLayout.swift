import Kernels
import TensorIR

/// Where a program's buffers lie in its arena: values of a phase share memory by liveness, and an elementwise result takes
/// the place of an operand that dies with it.
package struct ProgramLayout {
    package private(set) var offsets: [Schedule.Buffer: Int] = [:]
    /// Where its memory ends.
    package private(set) var byteCount = 0
    /// Where the buffers that last for a run end.
    package private(set) var lastingEnd = 0
    static let alignment = 64

    /// - Parameters:
    ///   - examples: The largest batch.
    ///   - external: Buffers that lie elsewhere.
    ///   - start: Where the buffers that last for a run begin.
    ///   - transientStart: Where those begin that are used within a phase; after the lasting ones if nil.
    package init(
        _ schedule: Schedule, precision: Precision, examples: Int, external: Set<Schedule.Buffer>, start: Int = 0,
        transientStart: Int? = nil
    ) {
        byteCount = start
        func size(_ buffer: Schedule.Buffer) -> Int {
            let type = schedule.graph.type(buffer.node)
            let bytes = type.shape.count(examples: examples) * type.element.storage(precision).byteCount
            return (bytes + ProgramLayout.alignment - 1) / ProgramLayout.alignment * ProgramLayout.alignment
        }
        let lifetimes = Lifetimes(schedule)
        for buffer in lifetimes.persistent where !external.contains(buffer) {
            offsets[buffer] = byteCount
            byteCount += size(buffer)
        }
        lastingEnd = byteCount
        let base = transientStart ?? byteCount
        precondition(base >= byteCount, "transient buffers in the way of lasting ones")
        for phase in [Phase.prologue, .body, .epilogue] {
            var space = FreeSpace()
            func release(_ buffers: [Schedule.Buffer]) {
                for buffer in buffers { if let offset = offsets[buffer] { space.free(offset - base, size(buffer)) } }
            }
            if phase == .body {
                for leaf in lifetimes.batchLeaves where !external.contains(leaf) {
                    offsets[leaf] = base + space.take(size(leaf))
                }
            }
            for (index, step) in schedule.steps.enumerated() where step.phase == phase {
                var dying = lifetimes.dying[index] ?? []
                let inPlace = schedule.operandsThatMayBeOverwritten(by: step)
                for buffer in step.writes where !external.contains(buffer) && offsets[buffer] == nil {
                    if let donor = dying.first(where: {
                        inPlace.contains($0) && size($0) == size(buffer)
                            && schedule.byteCount($0) == schedule.byteCount(buffer)
                            && offsets[$0] != nil
                    }) {
                        offsets[buffer] = offsets[donor]
                        dying.removeAll { $0 == donor }
                    } else {
                        offsets[buffer] = base + space.take(size(buffer))
                    }
                }
                release(dying)
                // Written, but never read: its place is free again after the step.
                release(step.writes.filter { lifetimes.unread.contains($0) && !external.contains($0) })
            }
            byteCount = max(byteCount, base + space.end)
        }
    }
}

/// When buffers are needed.
private struct Lifetimes {
    /// Kept for the whole run: leaves that are not per batch, sums over examples, what one phase hands to another, results.
    var persistent: [Schedule.Buffer] = []
    /// Leaves filled for each batch.
    var batchLeaves: [Schedule.Buffer] = []
    /// Transient buffers by the step that reads them last.
    var dying: [Int: [Schedule.Buffer]] = [:]
    var unread: Set<Schedule.Buffer> = []

    init(_ schedule: Schedule) {
        var written: [Schedule.Buffer: Int] = [:]
        var last: [Schedule.Buffer: Int] = [:]
        var kept: Set<Schedule.Buffer> = []
        let outputs = Set(schedule.outputs.flatMap { schedule.buffers($0) })
        for (index, step) in schedule.steps.enumerated() {
            for buffer in step.writes {
                written[buffer] = index
                if outputs.contains(buffer) || schedule.frontier.contains(buffer.node) { kept.insert(buffer) }
            }
            for buffer in step.reads {
                last[buffer] = index
                if let writer = written[buffer], schedule.steps[writer].phase != step.phase { kept.insert(buffer) }
            }
        }
        for leaf in schedule.leaves {
            let buffer = Schedule.Buffer.value(leaf)
            if schedule.graph.shape(leaf).hasExamples {
                batchLeaves.append(buffer)
                if outputs.contains(buffer) { last[buffer] = nil }
            } else {
                persistent.append(buffer)
            }
        }
        persistent += kept.sorted { written[$0]! < written[$1]! }
        for (buffer, step) in last.sorted(by: { $0.key < $1.key })
        where !kept.contains(buffer) && !persistent.contains(buffer) && !outputs.contains(buffer) {
            dying[step, default: []].append(buffer)
        }
        unread = Set(written.keys.filter { last[$0] == nil && !kept.contains($0) })
    }
}

/// First fit over a space without end.
private struct FreeSpace {
    private var holes: [(offset: Int, size: Int)] = []
    private(set) var end = 0

    mutating func take(_ size: Int) -> Int {
        if let index = holes.firstIndex(where: { $0.size >= size }) {
            let offset = holes[index].offset
            holes[index] = (offset + size, holes[index].size - size)
            if holes[index].size == 0 { holes.remove(at: index) }
            return offset
        }
        // The last hole may reach the end and grow.
        if let last = holes.last, last.offset + last.size == end {
            holes.removeLast()
            end = last.offset + size
            return last.offset
        }
        end += size
        return end - size
    }

    mutating func free(_ offset: Int, _ size: Int) {
        guard size > 0 else { return }
        let index = holes.firstIndex { $0.offset > offset } ?? holes.count
        holes.insert((offset, size), at: index)
        if index + 1 < holes.count, holes[index].offset + holes[index].size == holes[index + 1].offset {
            holes[index].size += holes[index + 1].size
            holes.remove(at: index + 1)
        }
        if index > 0, holes[index - 1].offset + holes[index - 1].size == holes[index].offset {
            holes[index - 1].size += holes[index].size
            holes.remove(at: index)
        }
    }
}

extension Schedule.Buffer: Comparable {
    var node: Node {
        switch self {
        case .value(let node), .copy(let node): node
        }
    }
    var isCopy: Bool { if case .copy = self { true } else { false } }
    package static func < (a: Self, b: Self) -> Bool { (a.node, a.isCopy ? 1 : 0) < (b.node, b.isCopy ? 1 : 0) }
}

extension Schedule {
    fileprivate func byteCount(_ buffer: Buffer) -> Int {
        // Sizes at a batch that no accident makes special: equal here, equal for every batch.
        let type = graph.type(buffer.node)
        return type.shape.count(examples: Scheduler.genericExamples) * type.element.storage(.float64).byteCount
            + (type.element == .real ? 0 : 1 << 60)
    }

    /// Operands of an elementwise step that are read in just the order in which results are written.
    fileprivate func operandsThatMayBeOverwritten(by step: Step) -> Set<Buffer> {
        guard case .fused(let group) = step.work else { return [] }
        var dense: Set<Buffer> = []
        var others: Set<Buffer> = []
        for load in group.loads {
            if isDense(load) { dense.formUnion(buffers(load)) } else { others.formUnion(buffers(load)) }
        }
        return dense.subtracting(others)
    }

    /// Whether a value is its buffer in row-major order.
    private func isDense(_ node: Node) -> Bool {
        let primitive = graph.primitive(node)
        if primitive is Reshape { return readsCopy.contains(node) || isDense(graph.operands(node)[0]) }
        if primitive is Detached { return isDense(graph.operands(node)[0]) }
        return !(primitive is Broadcast || primitive is Permute || primitive is Slice)
    }

    /// The buffers behind a value: those of its views' root.
    package func buffers(_ node: Node) -> [Buffer] {
        if readsCopy.contains(node) { return [.copy(graph.operands(node)[0])] }
        guard graph.isView(node) else { return [.value(node)] }
        return buffers(graph.operands(node)[0])
    }
}

extension TensorGraph {
    /// Whether a node is another reading of its operand's memory.
    package func isView(_ node: Node) -> Bool {
        let primitive = primitive(node)
        return primitive is Broadcast || primitive is Permute || primitive is Slice || primitive is Detached
            || primitive is Reshape
    }
}
