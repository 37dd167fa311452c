/// How long an estimator samples.
package enum SamplingBudget: Equatable, Sendable {
    case samples(Int)
    /// Until the estimated relative error is at most `relative`.
    case tolerance(_ relative: Double, maximum: Int)

    /// Few samples say little about their own spread: before so many, no tolerance counts as met.
    static let fewest = 8

    var maximum: Int {
        switch self {
        case .samples(let count): count
        case .tolerance(_, let maximum): maximum
        }
    }

    /// Whether an estimate with this error is good enough to stop; never where a number of samples was asked for.
    func isMet(value: Double, error: Double, samples: Int) -> Bool {
        guard case .tolerance(let relative, _) = self else { return false }
        return samples >= SamplingBudget.fewest && error <= relative * abs(value)
    }

    /// Whether what was reached is what was asked for.
    func isFulfilled(value: Double, error: Double) -> Bool {
        guard case .tolerance(let relative, _) = self else { return true }
        return error <= relative * abs(value)
    }

    /// - Parameter least: samples without which the method is not defined.
    func check(for task: String, least: Int = 1) throws {
        if case .tolerance(let relative, _) = self { try requirePositive(relative, "tolerance", for: task) }
        guard maximum >= least else {
            throw ProblemError(
                .options, "\(task): expected at least \(least) sample\(least == 1 ? "" : "s"), found \(maximum)")
        }
        // The generator has a counter of so many.
        guard maximum < 1 << 32 else {
            throw ProblemError(.options, "\(task): expected fewer than 2^32 samples, found \(maximum)")
        }
    }
}
