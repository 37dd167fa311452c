import Foundation
import Testing

@testable import Curvature

/// A plan to be explained: requests about one small network, and how they are compiled.
struct PlanCase: Sendable, CustomTestStringConvertible {
    var name: String
    var requests: [String]
    var batchSize = 10
    /// Slots for primal values that the memory lacks.
    var missingSlots = 0
    /// The least memory with which blocks are not cut, times this.
    var memoryPart = 1.0
    var testDescription: String { name }

    static let five = [
        "loss", "g = gradient", "Hv = hessian @ v", "Gv = ggn @ v", "Ev = empirical_fisher @ v",
    ]
    static let all = [
        PlanCase(name: "shared-pass", requests: five),
        PlanCase(name: "combination", requests: ["mix = (2 * hessian - 0.5 * ggn + 0.1 * identity) @ v"]),
        PlanCase(
            name: "solves",
            requests: [
                "x = inverse(ggn + 2 * identity) @ gradient", "y = inverse(ggn + 2 * identity) @ v", "n = norm(x)",
            ]),
        PlanCase(name: "two-passes", requests: ["ggn @ hessian @ v", "gradient", "ggn @ v"], missingSlots: 1),
        PlanCase(name: "preconditioned", requests: ["inverse(hessian + 3 * identity, preconditioner=diag(w)) @ v"]),
        PlanCase(name: "least-squares", requests: ["inverse(hessian + 3 * identity, solver=lsmr) @ v"]),
        PlanCase(name: "cut-block", requests: ["H = hessian @ V"], memoryPart: 0.8),
    ]

    func problem() throws -> Problem {
        let (sizes, examples) = ([6, 9, 8, 4], 24)
        var numbers = SeededNumbers(seed: 7)
        let model = try TestNetwork.mlp(sizes)
        let count = model.parameters.reduce(0) { $0 + $1.count }
        let data = ArraySource([
            "inputs": ([examples, sizes[0]], .real(numbers.array(examples * sizes[0]))),
            "targets": ([examples], .int64((0..<examples).map { Int64($0 % sizes.last!) })),
        ])
        let vectors = ArraySource([
            "v": ([count], .real(numbers.array(count))),
            "w": ([count], .real(numbers.array(count).map { 1 + $0 * $0 })),
            "V": ([count, 12], .real(numbers.array(count * 12))),
        ])
        return try Problem(name: "mlp", model: model, loss: Loss(.crossEntropy()), data: data, vectors: vectors)
    }

    /// The plan and its naive counterpart.
    func plans(_ change: (inout PlanOptions) -> Void = { _ in }) throws -> (plan: Plan, naive: Plan) {
        let problem = try problem()
        let requests = try parseRequests(requests, in: problem)
        var options = PlanOptions()
        (options.precision, options.threads, options.batchSize) = (.float64, 1, batchSize)
        change(&options)
        if missingSlots > 0 || memoryPart < 1 {
            let whole = try Plan(requests, problem: problem, options: options)
            let slots = missingSlots * (whole.primal?.slotBytes ?? 0)
            options.memory = Int(Double(whole.memory.total - slots) * memoryPart)
        }
        let plan = try Plan(requests, problem: problem, options: options)
        options.isNaive = true
        options.memory = .max
        return (plan, try Plan(requests, problem: problem, options: options))
    }
}

extension PlanDocument.StepPart {
    /// This step and all inside of it.
    var all: [PlanDocument.StepPart] { [self] + (body ?? []).flatMap(\.all) }
}

extension Plan {
    /// A run as it might have been, with figures that are the same everywhere: iterations apply their operators this often.
    func handMadeRun(applications: Int) -> RunTimes {
        func counts(_ steps: [Step], times: Int) -> [StepRuns] {
            steps.map { step in
                guard case .iteration(let iteration) = step.work else { return StepRuns(runs: times) }
                return StepRuns(
                    runs: times, bodies: iteration.bodies.map { counts($0, times: times * applications) })
            }
        }
        func measured(_ steps: [Step], _ runs: [StepRuns], _ costs: [StepCost]) -> [RunMeasurement.Step] {
            steps.indices.map { index in
                var step = RunMeasurement.Step()
                step.seconds = 0.001 * Double(index + 1)
                step.matmulFlops = costs[index].cost.matmulFlops
                step.flops = costs[index].cost.flops
                step.executedFlops = step.flops
                (step.peakBytes, step.runs) = (1 << 20, runs[index].runs)
                if case .iteration(let iteration) = steps[index].work {
                    step.bodies = iteration.bodies.indices.map {
                        measured(iteration.bodies[$0], runs[index].bodies[$0], costs[index].bodies[$0])
                    }
                    var report = SolveReport()
                    report.columns = [
                        SolveReport.Column(
                            status: .converged, relativeResidual: 3.2e-6, iterations: applications - 1)
                    ]
                    step.outcomes = [.solve(report)]
                }
                return step
            }
        }
        let runs = counts(steps, times: 1)
        var measurement = RunMeasurement()
        measurement.steps = measured(steps, runs, costs(runs))
        measurement.seconds = 0.01
        return RunTimes(
            loadSeconds: 0.25, compileSeconds: 0.002, measurements: [measurement], peakBytes: 1 << 21,
            residentPeakBytes: 200 << 20)
    }
}
