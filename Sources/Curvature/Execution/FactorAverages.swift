import Kernels

/// Running averages of Kronecker factors over the runs of an execution.
final class FactorAverages {
    private let decay: Double
    private var runs = 0
    private var sums: [Value: [Double]] = [:]

    init(decay: Double) { self.decay = decay }

    func beginRun() { runs += 1 }

    /// Replaces the factors among `values`, which a data pass has just computed, by their averages; and so for what factors are fitted to.
    ///
    /// The first runs count alike, until as many as the decay remembers have been seen (Martens and Grosse 2015, section 5).
    func update(_ values: [Value], _ plan: Plan, _ store: ValueStore) {
        let share = min(1 - 1 / Double(runs), decay)
        for value in values {
            switch plan.operators[value] {
            case .kronecker(.factors, _), .kronecker(.rearrangements, _): break
            default: continue
            }
            store[value].withMutableSpan(of: Double.self) { own in
                var average = sums[value] ?? [Double](repeating: 0, count: own.count)
                for index in 0..<own.count {
                    average[index] = share * average[index] + (1 - share) * own[index]
                    own[index] = average[index]
                }
                sums[value] = average
            }
        }
    }
}

extension Execution {
    /// From the next run on, Kronecker factors are averages over runs: decay * (the average so far) + (1 - decay) * (those of the run's data). The first
    /// 1 / (1 - decay) runs count alike.
    ///
    /// For training loops, in which each run has other parameters and data. Inverses and whatever else is made of factors follow; the corrected
    /// eigenvalues of `ekfac` are those of the run's own data in the averaged factors' eigenbases.
    ///
    /// - Parameter decay: From 0, for no memory, to below 1; 0.95 is usual.
    /// - Throws: ``ProblemError`` for any other number, and where factors of `kfoc` are searched: there is nothing then that could be averaged.
    public func averageFactors(decay: Double) throws {
        guard decay >= 0, decay < 1 else {
            throw ProblemError(
                .options, "decay: expected a number from 0 to below 1, found \(NumberText.text(of: decay))")
        }
        let isSearched = plan.operators.reachable(from: plan.roots).contains { value in
            if case .kronecker(.rearrangedProducts, _) = plan.operators[value] { true } else { false }
        }
        guard !isSearched else {
            throw ProblemError(
                .options,
                "averageFactors: the factors of kfoc are searched for layers whose rearranged blocks have more than 2^24 entries, and only blocks that are there can be averaged; expected kfac or ekfac, or smaller layers"
            )
        }
        averages = FactorAverages(decay: decay)
    }
}
