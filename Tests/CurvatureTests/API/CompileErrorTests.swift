import Testing

@testable import Curvature

/// `compile` throws the first error of its quantities, with the operation and its operands.
@Suite struct CompileErrorTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let text: String
        let build: @Sendable (Problem) throws -> any Requestable
        init(_ text: String, _ build: @escaping @Sendable (Problem) throws -> any Requestable) {
            (self.text, self.build) = (text, build)
        }
        var testDescription: String { text }
    }

    static let cases: [Case] = [
        Case(
            "quantity 2: '*' needs a vector of 26 entries or a block with 26 rows as operand 2, found a vector (10); the operands are 'hessian' and 'w'"
        ) { try $0.hessian * $0.vector(named: "w") },
        Case(
            "quantity 'sum': '+' needs an operator (26 x 26) as operand 2, found an operator (10 x 26); the operands are 'hessian' and 'jacobian'"
        ) { try (($0.hessian + $0.jacobian) * $0.vector(named: "v")).named("sum") },
        Case(
            "quantity 2: '-' needs a vector (26) as operand 2, found a vector (10); the operands are 'gradient' and '-w'"
        ) { try $0.gradient - $0.vector(named: "w") },
        Case(
            "quantity 2: '*' needs an operator with 26 rows as operand 2, found an operator (10 x 26); the operands are 'hessian' and 'jacobian'"
        ) { try $0.hessian * $0.jacobian * $0.vector(named: "v") },
        Case(
            "quantity 2: '/' needs a divisor other than zero as operand 2, found 0; the operands are 'gradient' and '0'"
        ) {
            $0.gradient / 0
        },
        Case("quantity 2: a number needs a value in the range of a 64-bit float, found inf") {
            Double.infinity * $0.gradient
        },
        Case("quantity 2: 'samples' needs a whole number from 1, found 0") {
            try $0.ggn(samples: 0) * $0.vector(named: "v")
        },
        Case(
            "quantity 2: 'dot' needs a vector (26) as operand 2, found a vector (10); the operands are 'gradient' and 'w'"
        ) {
            try 2 * $0.gradient.dot($0.vector(named: "w")) + 1
        },
        Case(
            "quantity 2: '+' joins expressions of two problems (of 'model' and 'model'); make both from one"
        ) { try $0.gradient + smallProblem().gradient },
        Case("compile joins expressions of two problems (of 'model' and 'model'); make both from one") { _ in
            try smallProblem().gradient
        },
        Case("quantity 2: two different tensors are called 'a'; give one another name") {
            $0.vector([1.0, 2], name: "a").dot($0.vector([1.0, 3], name: "a"))
        },
        Case(
            "arrays: it holds a tensor 'v', and so is one called that comes with a quantity; give it another name"
        ) { $0.vector([1.0, 2], name: "v") },
    ]

    @Test(arguments: cases)
    func exactText(_ example: Case) throws {
        let problem = try smallProblem()
        let quantity = try example.build(problem)
        #expect(text(quantity, problem) == example.text)
    }
    private func text<Quantity: Requestable>(_ quantity: Quantity, _ problem: Problem) -> String? {
        #expect(throws: ProblemError.self) { try compile(problem.lossValue, quantity) }?.description
    }

    @Test func somethingHasToDependOnAProblem() {
        let error = #expect(throws: ProblemError.self) { try compile(Scalar(2)) }
        #expect(error?.description == "compile: expected a quantity that depends on a problem, found none")
    }

    @Test func theFirstErrorWins() throws {
        let problem = try smallProblem()
        let bad = try problem.hessian * problem.vector(named: "w")
        let worse = (bad + problem.gradient) / 0
        #expect("\(worse)" == "error: \(try #require(errorText(bad)))")
    }
    private func errorText(_ vector: Vector) -> String? {
        if case .failure(let error) = vector.lazy.result { error.description } else { nil }
    }
}
