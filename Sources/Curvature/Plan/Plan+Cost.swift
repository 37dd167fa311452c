import TensorIR

/// How often a step ran or is expected to run, and the steps of an iteration's operators, in the form of the steps themselves.
package struct StepRuns: Hashable, Sendable {
    /// Runs of the step; for an iteration, of it as a whole.
    package var runs: Int
    /// For each map of an iteration, for each of its steps.
    package var bodies: [[StepRuns]] = []
}

extension Plan {
    /// What is expected before a run.
    package var expectedRuns: [StepRuns] { Plan.expectedRuns(steps, times: 1) }

    private static func expectedRuns(_ steps: [Step], times: Int) -> [StepRuns] {
        steps.map { step in
            guard case .iteration(let iteration) = step.work else { return StepRuns(runs: times) }
            let bodies = zip(iteration.bodies, iteration.expectedRuns).map {
                expectedRuns($0, times: times * $1)
            }
            return StepRuns(runs: times, bodies: bodies)
        }
    }

    /// What each step costs in all its runs, bodies of iterations included. Measured work is the same number for the same runs.
    package func costs(_ runs: [StepRuns]) -> [StepCost] { costs(steps, runs) }

    package struct StepCost: Hashable, Sendable {
        package var cost: ProgramCost
        /// What data passes went through.
        package var passes = 0
        package var bodies: [[StepCost]] = []
    }

    private func costs(_ steps: [Step], _ runs: [StepRuns]) -> [StepCost] {
        zip(steps, runs).map { step, runs in
            switch step.work {
            case .dataPass(let pass): StepCost(cost: cost(pass, runs: runs.runs), passes: runs.runs * pass.chunks.count)
            case .algebra(let algebra):
                StepCost(cost: runs.runs * algebra.program.cost(examples: 0, precision: options.precision))
            case .iteration(let iteration):
                {
                    let bodies = zip(iteration.bodies, runs.bodies).map { costs($0, $1) }
                    let all = bodies.joined()
                    return StepCost(
                        cost: all.reduce(ProgramCost()) { $0 + $1.cost }, passes: all.reduce(0) { $0 + $1.passes },
                        bodies: bodies)
                }()
            }
        }
    }

    private func cost(_ pass: PassPlan, runs: Int) -> ProgramCost {
        let all = problem.shape.examples
        let runs = runs * pass.chunks.count
        guard runs > 0 else { return ProgramCost() }
        guard let cut = pass.cut else { return runs * pass.full!.cost(examples: all, precision: options.precision) }
        guard let full = pass.full else { return runs * cut.cost(examples: all, precision: options.precision) }
        let firsts = pass.isFirst ? 1 : 0
        let first = full.cost(examples: all, precision: options.precision)
        // Where examples meet there is one batch, and one of the programs runs; else both begin, and the full one ends.
        let kept = keptExamples
        let later =
            problem.model.onlyBatch != nil
            ? cut.cost(examples: all, precision: options.precision)
            : full.cost(examples: all - kept, precision: options.precision)
                + cut.schedule.cost(examples: kept, precision: options.precision, phases: [.prologue, .body])
        return firsts * first + (runs - firsts) * later
    }

    /// Examples whose primal values are kept.
    package var keptExamples: Int { min(problem.shape.examples, (primal?.keptBatches ?? 0) * batchSize) }

    private var expectedCosts: [StepCost] { costs(expectedRuns) }

    /// Multiply-adds of matrix products and convolutions that a run counts, as 2 each; of iterations, as many as are expected.
    public var matmulFlops: Int { expectedCosts.reduce(0) { $0 + $1.cost.matmulFlops } }
    /// All floating-point work, likewise.
    public var flops: Int { expectedCosts.reduce(0) { $0 + $1.cost.flops } }
    /// Runs over the data, those inside iterations included.
    public var dataPasses: Int { expectedCosts.reduce(0) { $0 + $1.passes } }

    package var sweeps: Sweeps { sweeps(expectedRuns) }

    /// Sweeps of all passes; where primal values are kept, nobody goes forward again.
    package func sweeps(_ runs: [StepRuns]) -> Sweeps {
        zip(steps, runs).reduce(into: Sweeps()) { $0 += sweeps($1.0, $1.1) }
    }

    package func sweeps(_ step: Step, _ runs: StepRuns) -> Sweeps {
        switch step.work {
        case .algebra: return Sweeps()
        case .iteration(let iteration):
            return zip(iteration.bodies, runs.bodies).reduce(into: Sweeps()) { sum, body in
                for (step, runs) in zip(body.0, body.1) { sum += sweeps(step, runs) }
            }
        case .dataPass(let pass):
            let count = runs.runs * pass.chunks.count
            var sweeps = Sweeps(
                tangent: count * pass.pass.sweeps.tangent, backward: count * pass.pass.sweeps.backward)
            let forwards = pass.cut == nil || keptExamples < problem.shape.examples ? count : pass.isFirst ? 1 : 0
            sweeps.forward = min(forwards, count)
            return sweeps
        }
    }
}

extension Sweeps {
    package static func += (a: inout Sweeps, b: Sweeps) {
        a.forward += b.forward
        a.tangent += b.tangent
        a.backward += b.backward
    }
}
