import TensorIR

/// When a schedule's buffers are needed. It holds for every batch size.
struct Lifetimes {
    /// Kept for the whole run: leaves that are not per batch, sums over examples, what one phase hands to another, results.
    private(set) var persistent: [Schedule.Buffer] = []
    /// Leaves filled for each batch.
    private(set) var batchLeaves: [Schedule.Buffer] = []
    /// For each step: transient buffers that it reads last.
    private(set) var dying: [[Schedule.Buffer]] = []
    /// For each step: those of them that its results may be written over.
    private(set) var donors: [[Schedule.Buffer]] = []
    /// Written, but never read.
    private(set) var unread = BufferSet()

    init() {}

    init(_ schedule: Schedule) {
        let count = schedule.graph.count
        var writers = BufferTable<Int>(nodes: count)
        var last = BufferTable<Int>(nodes: count)
        var (read, lasting, outputs) = (BufferSet(), BufferSet(), BufferSet())
        for output in schedule.outputs { outputs.insert(schedule.buffer(output)) }
        for (index, step) in schedule.steps.enumerated() {
            for buffer in step.writes {
                writers[buffer] = index
                if outputs.contains(buffer) || schedule.frontier.contains(buffer.node) { lasting.insert(buffer) }
            }
            for buffer in step.reads {
                last[buffer] = index
                read.insert(buffer)
                if let writer = writers[buffer], schedule.steps[writer].phase != step.phase { lasting.insert(buffer) }
            }
        }
        for leaf in schedule.leaves {
            let buffer = Schedule.Buffer.value(leaf)
            if schedule.graph.hasExamples(leaf) { batchLeaves.append(buffer) } else { persistent.append(buffer) }
        }
        // What is kept lies in the order in which it is written.
        for step in schedule.steps {
            for buffer in step.writes {
                if lasting.contains(buffer) {
                    persistent.append(buffer)
                } else if last[buffer] == nil {
                    unread.insert(buffer)
                }
            }
        }
        for buffer in persistent { lasting.insert(buffer) }
        dying = [[Schedule.Buffer]](repeating: [], count: schedule.steps.count)
        for buffer in read.members where !lasting.contains(buffer) && !outputs.contains(buffer) {
            dying[last[buffer]!].append(buffer)
        }
        donors = schedule.steps.indices.map { step in
            dying[step].isEmpty ? [] : schedule.overwritable(schedule.steps[step], among: dying[step])
        }
    }
}

extension Schedule {
    /// Those of some buffers that an elementwise step reads in just the order in which it writes its results.
    fileprivate func overwritable(_ step: Step, among buffers: [Buffer]) -> [Buffer] {
        guard case .fused(let group) = step.work else { return [] }
        return buffers.filter { buffer in
            var isRead = false
            for (load, read) in zip(group.loads, step.reads) where read == buffer {
                guard isDense(load) else { return false }
                isRead = true
            }
            return isRead
        }
    }
}
