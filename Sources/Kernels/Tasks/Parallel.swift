import CTBB

/// A set of threads with a fixed upper size: `parallelFor` inside `run` uses these and no others.
///
/// The number of threads decides how fast a result comes, never what it is.
package final class TaskArena: @unchecked Sendable {
    // `@unchecked`: the pointer. TBB's arenas may be entered from any thread, from several at once too.
    package let threads: Int
    private let handle: OpaquePointer

    package init(threads: Int) {
        precondition(threads > 0, "an arena needs at least one thread")
        guard let handle = ctbb_arena_create(CInt(clamping: threads)) else {
            preconditionFailure("TBB could not make an arena of \(threads) threads")
        }
        self.threads = threads
        self.handle = handle
    }

    deinit { ctbb_arena_destroy(handle) }

    /// Calls `body` inside the arena, on a thread that blocks until it returns.
    package func run(_ body: () -> Void) {
        withoutActuallyEscaping(body) { escapable in
            let status = withUnsafePointer(to: escapable) { pointer in
                ctbb_arena_execute(
                    handle,
                    { context in context!.assumingMemoryBound(to: (() -> Void).self).pointee() },
                    UnsafeMutableRawPointer(mutating: pointer))
            }
            precondition(status == 0, "TBB could not enter the arena")
        }
    }

    /// How many threads this process can use at once.
    package static var hardwareThreads: Int { Int(ctbb_hardware_threads()) }

    /// Of the library that is loaded, such as "2021.8".
    package static var version: String { String(cString: ctbb_version()) }
}

/// Calls `body` with every index in `0..<count`, in any order, on the threads of the arena that the caller is in
/// (outside of one: on TBB's own). Returns after the last call.
///
/// Each index is one task, so it should be worth a few microseconds. Loops may nest; while a thread waits for a loop it
/// works on nothing but that loop. `body` runs on several threads at once although its type does not say so: it must
/// write to disjoint memory for different indices.
package func parallelFor(_ count: Int, _ body: (Int) -> Void) {
    if count < 2 {
        if count == 1 { body(0) }
        return
    }
    withoutActuallyEscaping(body) { escapable in
        let status = withUnsafePointer(to: escapable) { pointer in
            ctbb_parallel_for(
                count,
                { context, index in context!.assumingMemoryBound(to: ((Int) -> Void).self).pointee(index) },
                UnsafeMutableRawPointer(mutating: pointer))
        }
        precondition(status == 0, "TBB could not run a parallel loop")
    }
}
