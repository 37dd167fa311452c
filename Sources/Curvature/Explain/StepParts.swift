/// Makes the document's steps of a plan's, those inside iterations included.
struct StepParts {
    let plan: Plan
    /// The operator of the iteration around them; nil outside of iterations.
    let map: String?

    /// - Parameter number: The last id given.
    func parts(
        _ steps: [Plan.Step], _ runs: [StepRuns], _ costs: [Plan.StepCost], _ measured: [RunMeasurement.Step]?,
        _ number: inout Int
    ) -> [PlanDocument.StepPart] {
        let first = number + 1
        number += steps.count
        var parts: [PlanDocument.StepPart] = []
        for index in steps.indices {
            var part = part(steps[index], runs[index], costs[index], measured?[index])
            part.id = first + index
            part.needs = (0..<index).filter { !steps[index].reads.isDisjoint(with: steps[$0].values) }
                .map { first + $0 }
            if case .iteration(let iteration) = steps[index].work {
                var body: [PlanDocument.StepPart] = []
                for map in iteration.bodies.indices {
                    body += StepParts(plan: plan, map: iteration.iteration.mapName(map)).parts(
                        iteration.bodies[map], runs[index].bodies[map], costs[index].bodies[map],
                        measured?[index].bodies[map], &number)
                }
                part.body = body
            }
            parts.append(part)
        }
        return parts
    }

    private func part(
        _ step: Plan.Step, _ runs: StepRuns, _ cost: Plan.StepCost, _ measured: RunMeasurement.Step?
    ) -> PlanDocument.StepPart {
        let sweeps = plan.sweeps(step, runs)
        var part = PlanDocument.StepPart(
            id: 0, kind: "algebra", map: map,
            serves: plan.requestNames(using: step.values),
            needs: [], computes: step.values.map { plan.operators.text($0) },
            sweeps: .init(forward: sweeps.forward, tangent: sweeps.tangent, backward: sweeps.backward),
            flops: cost.cost.flops, matmulFlops: cost.cost.matmulFlops, bytes: cost.cost.bytes,
            peakBytes: plan.memory.duringSteps, cachedBytes: 0, runs: runs.runs,
            isEstimate: measured == nil && map != nil,
            measured: measured.map {
                PlanDocument.MeasuredPart(
                    seconds: $0.seconds, flops: $0.flops, matmulFlops: $0.matmulFlops, executedFlops: $0.executedFlops,
                    // The model's own arrays are no buffers of a run, but part of the prediction.
                    peakBytes: $0.peakBytes + plan.memory.model)
            })
        switch step.work {
        case .algebra: break
        case .dataPass(let pass):
            part.kind = "data-pass"
            part.runs = runs.runs * pass.chunks.count
            if let first = pass.chunks.first ?? nil, let last = pass.chunks.last ?? nil {
                part.chunks = .init(columns: last.upperBound, width: first.count, count: pass.chunks.count)
            }
            if let primal = plan.primal, pass.cut != nil || pass.isFirst {
                part.cachedBytes = plan.memory.kept
                part.primals = .init(
                    keeps: pass.isFirst, reads: pass.cut != nil, batches: min(primal.keptBatches, plan.batchCount),
                    allBatches: plan.batchCount)
            }
        case .iteration(let iteration):
            part.kind = "iteration"
            part.isEstimate = measured == nil
            part.task = iteration.iteration.task.text
            part.outcome = measured?.outcomes.last?.text
        }
        return part
    }
}

extension Iteration {
    /// What a map is to the task.
    fileprivate func mapName(_ map: Int) -> String {
        switch task {
        case .solve(let options) where options.solver != .lsmr: map == 0 ? "operator" : "preconditioner"
        default: map == 0 ? "operator" : "transpose"
        }
    }
}
