import Foundation
import Testing

@testable import Curvature

/// Typed expressions are those of the language: the same text, the same plan, the same bits.
@Suite struct TypedExpressionTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let text: String
        let build: @Sendable (Problem) throws -> any Requestable
        init(_ text: String, _ build: @escaping @Sendable (Problem) throws -> any Requestable) {
            (self.text, self.build) = (text, build)
        }
        var testDescription: String { text }
    }

    static let cases: [Case] = [
        Case("loss") { $0.lossValue },
        Case("gradient") { $0.gradient },
        Case("prediction") { $0.prediction },
        Case("2 * prediction") { 2 * $0.prediction },
        Case("hessian @ v") { try $0.hessian * $0.vector(named: "v") },
        Case("ggn @ V") { try $0.ggn * $0.block(named: "V") },
        Case("ggn(samples=2, seed=3) @ v") { try $0.ggn(samples: 2, seed: 3) * $0.vector(named: "v") },
        Case("ggn(samples=1) @ v") { try $0.fisher(samples: 1) * $0.vector(named: "v") },
        Case("empirical_fisher @ v") { try $0.empiricalFisher * $0.vector(named: "v") },
        Case("transpose(jacobian) @ w") { try $0.jacobian.transposed * $0.vector(named: "w") },
        Case("transpose(jacobian) @ jacobian @ v") { try $0.jacobian.transposed * $0.jacobian * $0.vector(named: "v") },
        Case("(2 * hessian - 0.5 * ggn + 0.1 * identity) @ v") { problem in
            let mix = 2 * problem.hessian - 0.5 * problem.ggn + 0.1 * .identity
            return try mix * problem.vector(named: "v")
        },
        Case("(0.1 * identity + jacobian @ transpose(jacobian)) @ w") { problem in
            try (0.1 * .identity + problem.jacobian * problem.jacobian.transposed) * problem.vector(named: "w")
        },
        Case("identity @ w") { try .identity * $0.vector(named: "w") },
        Case("(identity + hessian) @ v") { try ($0.identity + $0.hessian) * $0.vector(named: "v") },
        Case("diag(u) @ hessian @ v") { problem in
            let (u, v) = (try problem.vector(named: "u"), try problem.vector(named: "v"))
            return LinearOperator.diagonal(u) * problem.hessian * v
        },
        Case("transpose(dense(V)) @ gradient") {
            try LinearOperator.dense($0.block(named: "V")).transposed * $0.gradient
        },
        Case("-gradient / 3 + v") { try -$0.gradient / 3 + $0.vector(named: "v") },
        Case("norm(gradient) * v") { try $0.gradient.norm * $0.vector(named: "v") },
        Case("v / norm(v)") { problem in
            let v = try problem.vector(named: "v")
            return v / v.norm
        },
        Case("dot(v, hessian @ v) / dot(v, v) - loss") { problem in
            let v = try problem.vector(named: "v")
            return v.dot(problem.hessian * v) / v.dot(v) - problem.lossValue
        },
        Case("norm(V)") { try $0.block(named: "V").norm },
        Case("V - hessian @ V") { problem in
            let block = try problem.block(named: "V")
            return block - problem.hessian * block
        },
    ]

    @Test(arguments: cases)
    func agreesWithTheLanguage(_ example: Case) throws {
        let problem = try smallProblem()
        let typed = try example.build(problem)
        let parsed = try parseRequests([example.text], in: problem)[0].expression
        #expect(try typed.lazy.result.get().expression == parsed)
        let (values, flops) = try value(of: typed)
        let wanted = try evaluate([example.text], problem)
        #expect(values == wanted.results.entries[0].values)
        #expect(values.contains { $0 != 0 })
        #expect(flops == wanted.plan.matmulFlops)
    }

    private func value<Quantity: Requestable>(of quantity: Quantity) throws -> (values: [Double], flops: Int) {
        let plan = try compile(quantity, options: float64Options)
        let value = try plan.run()
        let values = try (value as? any ArrayValue)?.values ?? [#require(value as? Double)]
        return (values, plan.plan.matmulFlops)
    }

    @Test func longChainsDoNotNest() throws {
        let problem = try smallProblem()
        let sum = (1..<2000).reduce(problem.gradient) { sum, _ in sum + problem.gradient }
        #expect(try sum.lazy.result.get().expression.depth == 2)
    }

    @Test func numbersOnEitherSideOfScalars() throws {
        let loss = try smallProblem().lossValue
        #expect("\(1 - loss * 2 + 3)" == "1 - 2 * loss + 3")
        #expect("\(2 / loss)" == "2 / loss")
        #expect("\(loss - 1)" == "loss - 1")
    }
}
