import TensorIR

/// When a schedule's buffers are needed. It holds for every batch size.
struct Lifetimes {
    /// A transient buffer that a step is the last to read.
    struct Ending {
        var buffer: Schedule.Buffer
        /// Whether the step's results may be written over it.
        var isDonor: Bool
    }
    /// Kept for the whole run: leaves that are not per batch, sums over examples, what one phase hands to another, results.
    private(set) var persistent: [Schedule.Buffer] = []
    /// Leaves filled for each batch.
    private(set) var batchLeaves: [Schedule.Buffer] = []
    /// Written, but never read.
    private(set) var unread = BufferSet(nodes: 0)
    /// For all steps, one after the other, and where each step's begin.
    private var endings: [Ending] = []
    private var starts: [Int] = []

    init() {}

    init(_ schedule: Schedule) {
        let count = schedule.structure.count
        let steps = schedule.steps
        var writers = BufferTable(nodes: count)
        var last = BufferTable(nodes: count)
        var (lasting, outputs) = (BufferSet(nodes: count), BufferSet(nodes: count))
        unread = outputs
        for output in schedule.outputs { outputs.insert(schedule.buffer(output)) }
        for index in steps.indices {
            for buffer in schedule.writes(steps[index]) {
                writers[buffer] = index
                if outputs.contains(buffer) || schedule.frontier.contains(buffer.node) { lasting.insert(buffer) }
            }
            for buffer in schedule.reads(steps[index]) {
                last[buffer] = index
                if let writer = writers[buffer], steps[writer].phase != steps[index].phase { lasting.insert(buffer) }
            }
        }
        for leaf in schedule.leaves {
            let buffer = Schedule.Buffer.value(leaf)
            if schedule.structure[leaf].hasExamples { batchLeaves.append(buffer) } else { persistent.append(buffer) }
        }
        // What is kept lies in the order in which it is written.
        for step in steps {
            for buffer in schedule.writes(step) {
                if lasting.contains(buffer) {
                    persistent.append(buffer)
                } else if last[buffer] == nil {
                    unread.insert(buffer)
                }
            }
        }
        for buffer in persistent { lasting.insert(buffer) }
        findEndings(schedule, last.buffers.filter { !lasting.contains($0) && !outputs.contains($0) }, last)
    }

    /// The buffers that a step reads last, in the nodes' order.
    func endings(_ step: Int) -> ArraySlice<Ending> { endings[starts[step]..<starts[step + 1]] }

    private mutating func findEndings(_ schedule: Schedule, _ buffers: [Schedule.Buffer], _ last: BufferTable) {
        starts = [Int](repeating: 0, count: schedule.steps.count + 1)
        for buffer in buffers { starts[last[buffer]! + 1] += 1 }
        for step in schedule.steps.indices { starts[step + 1] += starts[step] }
        guard let any = buffers.first else { return }
        endings = [Ending](repeating: Ending(buffer: any, isDonor: false), count: buffers.count)
        var ends = starts
        for buffer in buffers {
            let step = last[buffer]!
            endings[ends[step]] = Ending(
                buffer: buffer, isDonor: schedule.canOverwrite(buffer, in: schedule.steps[step]))
            ends[step] += 1
        }
    }
}

extension Schedule {
    /// Whether an elementwise step reads a buffer in just the order in which it writes its results.
    fileprivate func canOverwrite(_ buffer: Buffer, in step: Step) -> Bool {
        guard case .fused(let group) = step.work else { return false }
        var isRead = false
        for (load, read) in zip(groups[group].loads, reads(step)) where read == buffer {
            guard isDense(load) else { return false }
            isRead = true
        }
        return isRead
    }
}
