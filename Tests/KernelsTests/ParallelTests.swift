import Glibc
import Synchronization
import Testing

@testable import Kernels

@Suite struct ParallelTests {
    @Test(arguments: [1, 2, 5], [0, 1, 2, 1000])
    func everyIndexOnce(threads: Int, count: Int) {
        let calls = Memory(byteCount: count * 8)
        let counters = calls.address.bindMemory(to: Int.self, capacity: count)
        counters.update(repeating: 0, count: count)
        TaskArena(threads: threads).run { parallelFor(count) { counters[$0] += 1 } }
        #expect((0..<count).allSatisfy { counters[$0] == 1 })
    }

    @Test func outsideOfAnArena() {
        let total = Atomic(0)
        parallelFor(100) { total.add($0, ordering: .relaxed) }
        #expect(total.load(ordering: .relaxed) == 4950)
    }

    @Test func loopsNest() {
        let total = Atomic(0)
        TaskArena(threads: 2).run {
            parallelFor(20) { _ in
                parallelFor(30) { _ in
                    parallelFor(2) { _ in total.add(1, ordering: .relaxed) }
                }
            }
        }
        #expect(total.load(ordering: .relaxed) == 1200)
    }

    /// A thread that waits for an inner loop takes no other part of the outer one.
    @Test func innerLoopsAreIsolated() {
        // One flag for each outer index that is under way, by thread.
        let overlaps = Atomic(0)
        let depth = ThreadDepth()
        TaskArena(threads: 2).run {
            parallelFor(50) { _ in
                if depth.enter() > 1 { overlaps.add(1, ordering: .relaxed) }
                parallelFor(50) { index in
                    var sum = 0.0
                    for step in 0..<200 { sum += Double(step * index).squareRoot() }
                    if sum < 0 { overlaps.add(1, ordering: .relaxed) }
                }
                depth.leave()
            }
        }
        #expect(overlaps.load(ordering: .relaxed) == 0)
    }

    @Test func memoryIsCounted() {
        let before = Memory.allocationCount
        for byteCount in [0, 1, 100, 1 << 20, 5_000_001] {
            let memory = Memory(byteCount: byteCount)
            #expect(Int(bitPattern: memory.address) % 64 == 0)
            memory.address.initializeMemory(as: UInt8.self, repeating: 1, count: byteCount)
            #expect(Memory.currentBytes >= byteCount)
            #expect(Memory.peakBytes >= byteCount)
        }
        // Other tests run at the same time.
        #expect(Memory.allocationCount >= before + 5)
    }
}

/// How many outer calls each thread is in.
private final class ThreadDepth: Sendable {
    private let depths = Mutex<[UInt: Int]>([:])

    private var thread: UInt { UInt(pthread_self()) }

    func enter() -> Int {
        depths.withLock {
            $0[thread, default: 0] += 1
            return $0[thread]!
        }
    }

    func leave() { depths.withLock { $0[thread]! -= 1 } }
}
