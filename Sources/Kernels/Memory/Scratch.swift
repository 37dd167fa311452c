import Synchronization

/// Memory that a task uses while it runs and nobody reads afterwards.
///
/// Kernels run one after the other, so that all of them share one set of blocks, as many as there are threads and
/// as large as the largest need. The blocks are made with the kernels that need them, and freed with the last of
/// these: running allocates nothing (unless executions that run at the same time need more at once).
final class Scratch: Sendable {
    let byteCount: Int

    private struct Pool {
        var free: [Memory] = []
        /// Objects that can ask for blocks.
        var users = 0
    }

    private static let pool = Mutex(Pool())
    private static let mostBlocks = TaskArena.hardwareThreads

    /// Room for `byteCount` bytes in each of `tasks` tasks.
    init(byteCount: Int, tasks: Int) {
        self.byteCount = byteCount
        let wanted = min(tasks, Scratch.mostBlocks)
        Scratch.pool.withLock { pool in
            pool.users += 1
            pool.free.reserveCapacity(2 * Scratch.mostBlocks)
            var missing = wanted - pool.free.count { $0.byteCount >= byteCount }
            while missing > 0 {
                // A block that is too small makes way.
                if let small = pool.free.firstIndex(where: { $0.byteCount < byteCount }),
                    pool.free.count >= Scratch.mostBlocks
                {
                    pool.free.remove(at: small)
                }
                pool.free.append(Memory(byteCount: byteCount))
                missing -= 1
            }
        }
    }

    deinit {
        Scratch.pool.withLock { pool in
            pool.users -= 1
            if pool.users == 0 { pool.free.removeAll() }
        }
    }

    /// Lends a block, aligned to 64 bytes, with whatever its last user left in it.
    func withBlock(_ body: (UnsafeMutableRawPointer) -> Void) {
        let block = Scratch.pool.withLock { pool in
            // The smallest that is large enough: larger ones may be all that serves another kernel.
            var best: Int?
            for place in pool.free.indices where pool.free[place].byteCount >= byteCount {
                if best == nil || pool.free[place].byteCount < pool.free[best!].byteCount { best = place }
            }
            return best.map { pool.free.remove(at: $0) }
        }
        let memory = block ?? Memory(byteCount: byteCount)
        body(memory.address)
        Scratch.pool.withLock { pool in
            if pool.free.count < Scratch.mostBlocks { pool.free.append(memory) }
        }
    }
}
