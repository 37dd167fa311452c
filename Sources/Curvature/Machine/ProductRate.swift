import Kernels

/// How fast plain matrix products are: what bounds every plan.
public enum ProductRate {
    /// Floating-point operations a second of products of two square matrices, one on each thread at the same time; the best of a few
    /// rounds of about a tenth of a second.
    ///
    /// - Parameters:
    ///   - precision: Of the entries.
    ///   - threads: At least 1; more than the process may use at once count as those.
    public static func measure(_ precision: Precision, threads: Int) -> Double {
        let n = 768
        let storage = precision.storage
        let arena = TaskArena(threads: threads)
        let threads = max(1, min(threads, TaskArena.hardwareThreads))
        let operands = (0..<threads).map { _ in
            (0..<3).map { index in
                let memory = Memory(byteCount: n * n * storage.byteCount)
                for i in 0..<n * n {
                    let value = index == 2 ? 0 : Double(i % 7) - 3
                    if storage == .float32 {
                        memory.address.assumingMemoryBound(to: Float.self)[i] = Float(value)
                    } else {
                        memory.address.assumingMemoryBound(to: Double.self)[i] = value
                    }
                }
                return memory
            }
        }
        var repetitions = 1
        var best = 0.0
        for round in 0..<6 {
            let clock = ContinuousClock()
            let count = repetitions
            let elapsed = clock.measure {
                arena.run {
                    parallelFor(threads) { thread in
                        let (a, b, c) = (operands[thread][0], operands[thread][1], operands[thread][2])
                        for _ in 0..<count {
                            BLAS.gemm(
                                storage, transposeA: false, transposeB: false, m: n, n: n, k: n, a: a.address, lda: n,
                                b: b.address, ldb: n, beta: 0, c: c.address, ldc: n)
                        }
                    }
                }
            }
            let seconds = Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) * 1e-18
            if round > 0 { best = max(best, Double(threads * count) * 2 * Double(n * n * n) / seconds) }
            // The first round warms up, and says how many fill a tenth of a second.
            if round == 0 { repetitions = max(1, Int(0.1 / seconds)) }
        }
        return best
    }
}
