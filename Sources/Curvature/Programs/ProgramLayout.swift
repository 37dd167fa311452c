import Kernels
import TensorIR

/// Where a program's buffers lie in its arena: values of a phase share memory by liveness, and an elementwise result takes
/// the place of an operand that dies with it.
package struct ProgramLayout {
    package private(set) var offsets: BufferTable
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
        _ schedule: Schedule, precision: Precision, examples: Int, external: BufferSet, start: Int = 0,
        transientStart: Int? = nil
    ) {
        let structure = schedule.structure
        offsets = BufferTable(nodes: structure.count)
        byteCount = start
        func size(_ buffer: Schedule.Buffer) -> Int {
            let record = structure[buffer.node]
            let bytes = record.count(examples: examples) * record.element.storage(precision).byteCount
            return (bytes + ProgramLayout.alignment - 1) / ProgramLayout.alignment * ProgramLayout.alignment
        }
        let lifetimes = schedule.lifetimes
        for buffer in lifetimes.persistent where !external.contains(buffer) {
            offsets[buffer] = byteCount
            byteCount += size(buffer)
        }
        lastingEnd = byteCount
        let base = transientStart ?? byteCount
        precondition(base >= byteCount, "transient buffers in the way of lasting ones")
        var taken: [Schedule.Buffer] = []
        for phase in Phase.allCases {
            var space = FreeSpace()
            func release(_ buffer: Schedule.Buffer) {
                if let offset = offsets[buffer] { space.free(offset - base, size(buffer)) }
            }
            if phase == .body {
                for leaf in lifetimes.batchLeaves where !external.contains(leaf) {
                    offsets[leaf] = base + space.take(size(leaf))
                }
            }
            for (index, step) in schedule.steps.enumerated() where step.phase == phase {
                let endings = lifetimes.endings(index)
                taken.removeAll(keepingCapacity: true)
                for buffer in schedule.writes(step) where !external.contains(buffer) && offsets[buffer] == nil {
                    let needed = size(buffer)
                    let donor = endings.first { ending in
                        ending.isDonor && size(ending.buffer) == needed && schedule.haveSameSize(ending.buffer, buffer)
                            && offsets[ending.buffer] != nil && !taken.contains(ending.buffer)
                    }
                    if let donor {
                        offsets[buffer] = offsets[donor.buffer]
                        taken.append(donor.buffer)
                    } else {
                        offsets[buffer] = base + space.take(needed)
                    }
                }
                for ending in endings where !taken.contains(ending.buffer) { release(ending.buffer) }
                // Written, but never read: its place is free again after the step.
                for buffer in schedule.writes(step)
                where lifetimes.unread.contains(buffer) && !external.contains(buffer) {
                    release(buffer)
                }
            }
            byteCount = max(byteCount, base + space.end)
        }
    }
}

extension Schedule {
    /// Sizes at a batch that no accident makes special: equal here, equal for every batch.
    fileprivate func haveSameSize(_ a: Buffer, _ b: Buffer) -> Bool {
        func size(_ record: NodeRecord) -> Int {
            record.count(examples: ViewLayouts.genericExamples) * record.element.storage(.float64).byteCount
        }
        let (a, b) = (structure[a.node], structure[b.node])
        return (a.element == .real) == (b.element == .real) && size(a) == size(b)
    }
}
