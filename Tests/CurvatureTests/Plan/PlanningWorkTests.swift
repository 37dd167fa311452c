import Curvature
import TensorIR
import Testing

@testable import Curvature

/// How much there is to plan, in nodes, programs and steps: planning takes time in proportion to these.
@Suite struct PlanningWorkTests {
    private static let requests = [
        "loss", "gradient", "hessian @ v", "ggn @ v", "empirical_fisher @ v", "hessian @ w", "ggn @ w",
        "(2 * hessian - ggn) @ w + gradient", "jacobian @ v", "ggn @ hessian @ v",
    ]

    private struct Work: Equatable {
        var nodes = 0
        var programs = 0
        var steps = 0
    }

    private func work(layers: Int, _ requests: [String]) throws -> Work {
        let width = 5
        let model = try TestNetwork.mlp([Int](repeating: width, count: layers + 1))
        var numbers = SeededNumbers(seed: 3)
        let count = model.parameters.reduce(0) { $0 + $1.count }
        let data = ArraySource([
            "inputs": ([4, width], .real(numbers.array(4 * width))),
            "targets": ([4], .int64([0, 1, 2, 3])),
        ])
        let vectors = ArraySource([
            "v": ([count], .real(numbers.array(count))), "w": ([count], .real(numbers.array(count))),
        ])
        let problem = try Problem(name: "test", model: model, loss: Loss(.crossEntropy()), data: data, vectors: vectors)
        let plan = try Plan(parseRequests(requests, in: problem), problem: problem)
        var work = Work()
        for step in plan.steps {
            guard case .dataPass(let pass) = step.work else { continue }
            // One graph for all passes.
            work.nodes = pass.pass.graph.count
            work.programs += pass.programs.count
            work.steps += pass.programs.reduce(0) { $0 + $1.schedule.steps.count }
        }
        return work
    }

    /// Each further layer adds the same.
    @Test func workIsProportionalToDepth() throws {
        let works = try [4, 8, 12, 24].map { try work(layers: $0, Self.requests) }
        let growth = works[1].nodes - works[0].nodes
        #expect(growth > 0)
        #expect(works[2].nodes - works[1].nodes == growth)
        #expect(works[3].nodes - works[2].nodes == 3 * growth)
        let steps = works[1].steps - works[0].steps
        #expect(steps > 0)
        #expect(works[2].steps - works[1].steps == steps)
        #expect(works[3].steps - works[2].steps == 3 * steps)
        #expect(works.map(\.programs) == [2, 2, 2, 2])
    }

    /// What has been asked for already, in whatever words, adds no node and no step.
    @Test func equalRequestsAddNothing() throws {
        let once = try work(layers: 4, Self.requests)
        let again = Self.requests.enumerated().map { "again\($0) = 1 * (\($1))" }
        #expect(try work(layers: 4, Self.requests + again) == once)
    }
}
