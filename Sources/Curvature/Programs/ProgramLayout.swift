import Kernels
import TensorIR

/// Where a program's buffers lie in its arena: values of a phase share memory by liveness, and an elementwise result takes
/// the place of an operand that dies with it.
package struct ProgramLayout {
    package private(set) var offsets: BufferTable<Int>
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
        offsets = BufferTable(nodes: schedule.graph.count)
        byteCount = start
        func size(_ buffer: Schedule.Buffer) -> Int {
            let bytes =
                schedule.graph.count(buffer.node, examples: examples)
                * schedule.graph.element(buffer.node).storage(precision).byteCount
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
                var donors = lifetimes.donors[index]
                var taken: [Schedule.Buffer] = []
                for buffer in step.writes where !external.contains(buffer) && offsets[buffer] == nil {
                    if let donor = donors.firstIndex(where: {
                        size($0) == size(buffer) && offsets[$0] != nil
                            && schedule.genericByteCount($0) == schedule.genericByteCount(buffer)
                    }) {
                        offsets[buffer] = offsets[donors[donor]]
                        taken.append(donors.remove(at: donor))
                    } else {
                        offsets[buffer] = base + space.take(size(buffer))
                    }
                }
                for buffer in lifetimes.dying[index] where !taken.contains(buffer) { release(buffer) }
                // Written, but never read: its place is free again after the step.
                for buffer in step.writes where lifetimes.unread.contains(buffer) && !external.contains(buffer) {
                    release(buffer)
                }
            }
            byteCount = max(byteCount, base + space.end)
        }
    }
}

extension Schedule {
    /// Sizes at a batch that no accident makes special: equal here, equal for every batch.
    fileprivate func genericByteCount(_ buffer: Buffer) -> Int {
        let element = graph.element(buffer.node)
        return graph.count(buffer.node, examples: ViewLayouts.genericExamples) * element.storage(.float64).byteCount
            + (element == .real ? 0 : 1 << 60)
    }
}
