import Synchronization

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// Uninitialized memory, aligned to 64 bytes, that lives as long as this object.
///
/// Large blocks are mapped, so that the system has them back as soon as they are freed. All blocks of the
/// process are counted: a run that should allocate nothing can be held to it.
package final class Memory: @unchecked Sendable {
    // `@unchecked`: the pointer never changes. Who writes what, and when, is its users' agreement.
    package let address: UnsafeMutableRawPointer
    package let byteCount: Int

    /// From here on, mapping costs less than it saves.
    private static let mappedFrom = 1 << 20

    /// Whether the block is among those of a run.
    private let isCounted: Bool

    package init(byteCount: Int, isCounted: Bool = true) {
        precondition(byteCount >= 0, "a block of \(byteCount) bytes")
        (self.byteCount, self.isCounted) = (byteCount, isCounted)
        if byteCount >= Memory.mappedFrom {
            let mapped = mmap(nil, byteCount, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0)
            guard let mapped, mapped != MAP_FAILED else {
                preconditionFailure("out of memory: could not map \(byteCount) bytes")
            }
            #if os(Linux)
                // Matrix products walk through many pages at once; large ones spare misses in the translation cache.
                _ = madvise(mapped, byteCount, CInt(MADV_HUGEPAGE))
            #endif
            address = mapped
        } else {
            address = .allocate(byteCount: max(byteCount, 1), alignment: 64)
        }
        guard isCounted else { return }
        Memory.allocations.add(1, ordering: .relaxed)
        let current = Memory.current.add(byteCount, ordering: .relaxed).newValue
        Memory.peak.max(current, ordering: .relaxed)
    }

    deinit {
        if byteCount >= Memory.mappedFrom {
            munmap(address, byteCount)
        } else {
            address.deallocate()
        }
        if isCounted { Memory.current.subtract(byteCount, ordering: .relaxed) }
    }

    private static let allocations = Atomic<Int>(0)
    private static let current = Atomic<Int>(0)
    private static let peak = Atomic<Int>(0)

    /// Blocks made since the process began, freed ones included.
    package static var allocationCount: Int { allocations.load(ordering: .relaxed) }
    /// Bytes in blocks that live now.
    package static var currentBytes: Int { current.load(ordering: .relaxed) }
    /// The largest that `currentBytes` has been since the process began or `resetPeak` was called.
    package static var peakBytes: Int { peak.load(ordering: .relaxed) }
    package static func resetPeak() { peak.store(currentBytes, ordering: .relaxed) }
}
