import CKernels

/// Random numbers that are functions of what they are for: Philox 4x32-10, keyed by a seed and numbered by example,
/// term, sample and draw. How the number of a draw is laid out in the counter is written in ckernels_random.h.
///
/// Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
package struct Philox: Sendable {
    package var seed: UInt64

    package init(seed: UInt64) { self.seed = seed }

    /// The generator itself: four words for each counter and key.
    package static func words(counter: [UInt32], key: [UInt32]) -> [UInt32] {
        precondition(counter.count == 4 && key.count == 2)
        var result = [UInt32](repeating: 0, count: 4)
        ck_philox(counter, key, &result)
        return result
    }

    /// Uniform in [0, 1), with 53 bits.
    package func uniform(example: Int, term: Int = 0, sample: Int = 0, component: Int = 0) -> Double {
        Philox.check(example: example, term: term, sample: sample)
        var pair = (0.0, 0.0)
        withUnsafeMutableBytes(of: &pair) {
            ck_uniform(
                seed, UInt64(example), UInt64(term), UInt64(sample), UInt64(component / 2),
                $0.baseAddress!.assumingMemoryBound(to: Double.self))
        }
        return component % 2 == 0 ? pair.0 : pair.1
    }

    /// The counter has 48 bits for the example and 24 each for the term and the sample.
    static func check(example: Int, term: Int, sample: Int) {
        precondition(example >= 0 && example < 1 << 48, "example \(example) has no random numbers")
        precondition(term >= 0 && term < 1 << 24, "term \(term) has no random numbers")
        precondition(sample >= 0 && sample < 1 << 24, "sample \(sample) has no random numbers")
    }
}
