import CKernels

/// Many draws at once.
extension Philox {
    /// The first `count` standard normal components of one (example, term, sample).
    package func normals(example: Int, term: Int = 0, sample: Int = 0, count: Int) -> [Double] {
        Philox.check(example: example, term: term, sample: sample)
        return [Double](unsafeUninitializedCapacity: count) { buffer, initialized in
            if count > 0 {
                ck_normals(
                    seed, UInt64(example), UInt64(term), UInt64(sample), 0, Int64(count), buffer.baseAddress)
            }
            initialized = count
        }
    }

    /// Fills a contiguous operand with standard normal components `start` and on of one (example, term, sample). float32 gets
    /// float64's values, rounded.
    package func fillNormals(_ destination: Operand, from start: Int, example: Int = 0, term: Int = 0, sample: Int = 0)
    {
        Philox.check(example: example, term: term, sample: sample)
        precondition(destination.isContiguous && start >= 0, "draws for a view with gaps")
        precondition(start + destination.count < 1 << 33, "the counter has 32 bits for the blocks")
        let count = destination.count
        let most = 1 << 10
        withUnsafeTemporaryAllocation(of: Double.self, capacity: most + 1) { draws in
            for done in stride(from: 0, to: count, by: most) {
                let first = start + done
                // Draws come in pairs.
                let skipped = first % 2
                let size = min(most, count - done)
                ck_normals(
                    seed, UInt64(example), UInt64(term), UInt64(sample), UInt64(first - skipped),
                    Int64(size + skipped), draws.baseAddress)
                let piece = Operand(
                    address: destination.address + done * destination.storage.byteCount, storage: destination.storage,
                    sizes: [size])
                piece.fill(UnsafeBufferPointer(rebasing: draws[skipped..<skipped + size]))
            }
        }
    }
}
