import Curvature
import Testing

@testable import Curvature

/// What one plan shares, asked of the plan itself.
@Suite struct PlanSharingTests {
    private static let requests = [
        "loss", "gradient", "hessian @ v", "ggn @ v", "empirical_fisher @ v",
    ]

    private func problem(_ sizes: [Int] = [6, 9, 8, 4], examples: Int = 23) throws -> Problem {
        var numbers = SeededNumbers(seed: 7)
        let model = try TestNetwork.mlp(sizes)
        let count = model.parameters.reduce(0) { $0 + $1.count }
        let data = ArraySource([
            "inputs": ([examples, sizes[0]], .real(numbers.array(examples * sizes[0]))),
            "targets": ([examples], .int64((0..<examples).map { Int64($0 % sizes.last!) })),
        ])
        let vectors = ArraySource([
            "v": ([count], .real(numbers.array(count))), "w": ([count], .real(numbers.array(count))),
            "V": ([count, 5], .real(numbers.array(count * 5))),
            "u": ([examples * sizes.last!], .real(numbers.array(examples * sizes.last!))),
        ])
        return try Problem(name: "test", model: model, loss: Loss(.crossEntropy()), data: data, vectors: vectors)
    }

    @Test func fiveRequestsAreOnePassWithOneForwardSweep() throws {
        let (_, plan, measurement) = try evaluate(Self.requests, problem())
        #expect(plan.dataPasses == 1)
        #expect(plan.sweeps == Sweeps(forward: 1, tangent: 1, backward: 4))
        #expect(measurement.matmulFlops == plan.matmulFlops)
        #expect(measurement.flops == plan.flops)
    }

    @Test(arguments: [1, 4, 23, 40], [false, true])
    func measuredFlopsAreThePredicted(batch: Int, isNaive: Bool) throws {
        let all =
            Self.requests + [
                "hessian @ V", "jacobian @ v", "transpose(jacobian) @ u", "ggn @ hessian @ w", "ggn(samples=3) @ v",
            ]
        let (_, plan, measurement) = try evaluate(all, problem(), batchSize: batch, isNaive: isNaive)
        #expect(measurement.matmulFlops == plan.matmulFlops)
        #expect(measurement.flops == plan.flops)
    }

    @Test func naivePassesOnceForEachApplication() throws {
        let (_, plan, _) = try evaluate(Self.requests, problem(), isNaive: true)
        #expect(plan.dataPasses == 5)
        #expect(plan.sweeps.forward == 5)
        #expect(plan.rewrites.isEmpty)
    }

    /// In units of a forward sweep of a deep network of equal layers: see the design's "Cost".
    @Test func costsInForwardSweeps() throws {
        let width = 16
        // First and last layers weigh little among forty.
        let problem = try problem([Int](repeating: width, count: 41), examples: 4)
        func sweeps(_ requests: [String], isNaive: Bool = false) throws -> Double {
            var options = PlanOptions()
            options.isNaive = isNaive
            let plan = try Plan(parseRequests(requests, in: problem), problem: problem, options: options)
            let forward = try Plan(parseRequests(["loss"], in: problem), problem: problem, options: options)
            return Double(plan.matmulFlops) / Double(forward.matmulFlops)
        }
        func expect(_ requests: [String], cost: Double, isNaive: Bool = false) throws {
            let found = try sweeps(requests, isNaive: isNaive)
            #expect(abs(found - cost) < 0.03 * cost, "\(requests): \(found), expected \(cost)")
        }
        try expect(["gradient"], cost: 3)
        try expect(["hessian @ v"], cost: 8)
        try expect(["ggn @ v"], cost: 5)
        try expect(["empirical_fisher @ v"], cost: 4)
        try expect(["empirical_fisher @ V"], cost: 2 + 2 * 5)
        try expect(["gradient", "empirical_fisher @ v"], cost: 5)
        try expect(Self.requests, cost: 12)
        try expect(Self.requests, cost: 21, isNaive: true)
        try expect(["hessian @ V"], cost: 2 + 6 * 5)
        try expect(["(2 * hessian - 0.5 * ggn + 3 * empirical_fisher + 0.1 * identity) @ v"], cost: 8)
        try expect(["hessian @ v + gradient + transpose(jacobian) @ u"], cost: 8)
        try expect(["2 * hessian @ v + 3 * ggn @ w"], cost: 10)
        try expect(["transpose(jacobian) @ jacobian @ v"], cost: 5)
    }

    @Test func productsTakeAPassForEachFactor() throws {
        let (_, plan, _) = try evaluate(["ggn @ hessian @ v", "gradient", "ggn @ v"], problem())
        #expect(plan.dataPasses == 2)
    }

    @Test(arguments: [
        ["hessian @ v + ggn @ v", "ggn @ v + hessian @ v", "(hessian + ggn) @ v", "(ggn + hessian) @ v"],
        [
            "2 * (hessian @ v)", "(2 * hessian) @ v", "hessian @ v * 2", "hessian @ v / 0.5",
            "hessian @ v + hessian @ v",
        ],
        ["hessian @ (v + w)", "hessian @ v + hessian @ w", "hessian @ (w + v)"],
        ["transpose(hessian) @ v", "hessian @ v", "identity @ hessian @ v", "transpose(transpose(hessian)) @ v"],
        ["fisher @ v", "ggn @ v"],
    ])
    func manySpellingsOnePlan(spellings: [String]) throws {
        let problem = try problem()
        let plans = try spellings.map { try Plan(parseRequests([$0], in: problem), problem: problem) }
        for plan in plans {
            #expect(plan.operators.text(plan.roots[0]) == plans[0].operators.text(plans[0].roots[0]))
            #expect(plan.matmulFlops == plans[0].matmulFlops)
        }
    }

    @Test func askingTwiceCostsOnce() throws {
        let problem = try problem()
        let once = try Plan(parseRequests(["a = hessian @ v"], in: problem), problem: problem)
        let twice = try Plan(parseRequests(["a = hessian @ v", "b = hessian @ v"], in: problem), problem: problem)
        #expect(once.matmulFlops == twice.matmulFlops)
    }

    @Test func whatIsNeededAnywayIsNotComputedAgain() throws {
        let problem = try problem()
        let requests = ["mix = 2 * hessian @ v - ggn @ v", "hessian @ v", "ggn @ v"]
        let plan = try Plan(parseRequests(requests, in: problem), problem: problem)
        let apart = try Plan(parseRequests(Array(requests.dropFirst()), in: problem), problem: problem)
        #expect(plan.matmulFlops == apart.matmulFlops)
        #expect(plan.rewrites.allSatisfy { $0.declined != nil })
    }

    @Test func operatorsAreNoResults() throws {
        let problem = try problem()
        #expect {
            try Plan(parseRequests(["2 * hessian"], in: problem), problem: problem)
        } throws: { error in
            "\(error)" == "request '2 * hessian' is an operator (179 x 179); apply it to a vector with @ to get values"
        }
    }
}
