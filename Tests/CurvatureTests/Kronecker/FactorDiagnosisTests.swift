import Testing

@testable import Curvature

/// What is said of factors that cannot be used: which it is, and of which parameter.
@Suite struct FactorDiagnosisTests {
    /// 3 - 4 - 2; logits have a direction that the loss does not see.
    private func problem(_ inputs: [Double]) throws -> Problem {
        var numbers = SeededNumbers(seed: 9)
        return try Problem(
            name: "small", model: Model(Sequential(Linear(4), Activation.tanh, Linear(2)), inputShape: [3], seed: 1),
            loss: Loss(.crossEntropy()),
            data: ArraySource([
                "inputs": ([6, 3], .real(inputs)), "targets": ([6], .int64([0, 1, 1, 0, 1, 0])),
            ]), vectors: ArraySource(["v": ([26], .real(numbers.array(26)))]))
    }
    private static let inputs = SeededNumbers(seed: 4).first(18)

    private func cause(
        _ request: String, _ inputs: [Double] = FactorDiagnosisTests.inputs, _ precision: Precision = .float64
    ) throws -> String {
        let problem = try problem(inputs)
        let error = #expect(throws: ProblemError.self) { _ = try evaluate([request], problem, precision: precision) }
        let start = "request '\(request)' gives a value that is not finite: "
        let message = error?.message ?? ""
        #expect(message.hasPrefix(start))
        return String(message.dropFirst(start.count))
    }

    @Test(arguments: Precision.allCases)
    func singularFactors(precision: Precision) throws {
        let remedy = "is singular, which 'damping' or a multiple of 'identity' mends"
        for request in [
            "inverse(kfac(fisher=type2)) @ v", "power(kfac(fisher=type2), -0.5) @ v",
            "trace(inverse(2 * kfac(fisher=type2)))", "diagonal(inverse(kfac(fisher=type2)))",
        ] {
            #expect(
                try cause(request, Self.inputs, precision)
                    == "the output factor of '2.weight' in kfac(fisher=type2) \(remedy)")
        }
        #expect(
            try cause("inverse(ekfac(fisher=type2)) @ v", Self.inputs, precision)
                == "the block of '2.weight' in ekfac(fisher=type2) \(remedy)")
        // An input that is always 0.
        let without = Self.inputs.enumerated().map { $0 % 3 == 1 ? 0 : $1 }
        #expect(
            try cause("inverse(kfac(fisher=type2)) @ v", without, precision)
                == "the input factor of '0.weight' in kfac(fisher=type2) \(remedy)")
    }

    /// Squares that overflow, of inputs that do not.
    @Test(arguments: ["kfac(fisher=empirical) @ v", "inverse(kfac(fisher=empirical), damping=0.1) @ v"])
    func factorsThatAreNotFinite(request: String) throws {
        #expect(
            try cause(request, Self.inputs.map { $0 * 1e200 })
                == "the input factor of '0.weight' in kfac(fisher=empirical) has one")
    }

    /// With damping, nothing is wrong with them.
    @Test func dampedInversesAreFine() throws {
        let values = try valuesByName(
            [
                "x = inverse(kfac(fisher=type2), damping=0.1) @ v",
                "y = inverse(ekfac(fisher=type2) + 0.1 * identity) @ v",
            ],
            problem(Self.inputs))
        #expect(values.values.allSatisfy { $0.allSatisfy(\.isFinite) })
    }
}
