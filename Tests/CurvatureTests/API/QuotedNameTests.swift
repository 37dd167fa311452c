import Testing

@testable import Curvature

/// Names of requests, tensors and parameters come from outside and may hold anything. Errors stay one line.
@Suite struct QuotedNameTests {
    static let name = "a\nb\u{1B}[2J"
    static let quoted = "'a\\u{000A}b\\u{001B}[2J'"

    static func message(_ body: () throws -> Void) -> String {
        do { try body() } catch { return "\(error)" }
        return "no error"
    }
    static func problem(
        inputs: String = "inputs", values: [Double]? = nil, loss: String = "cross-entropy",
        vectors: [String: HostArray] = [:],
        parameters: [String] = []
    ) throws -> Problem {
        try Problem(
            model: .layers(Sequential(Linear(4), Activation.tanh, Linear(2)), inputShape: [3]),
            loss: Loss(parsing: loss),
            data: .arrays([
                inputs: HostArray(values ?? [Double](repeating: 0.5, count: 6), shape: [2, 3]),
                "targets": HostArray([0, 1], shape: [2]),
            ]), vectors: .arrays(vectors), parameters: parameters)
    }
    static func execution(_ requests: [String], _ problem: Problem) throws -> Execution {
        try Execution(Plan(parseRequests(requests, in: problem), problem: problem, options: float64Options))
    }

    @Test func requests() throws {
        let error = Self.message { _ = try Self.execution(["`\(Self.name)` = hessian"], Self.problem()) }
        #expect(
            error == "request \(Self.quoted) is an operator (26 x 26); apply it to a vector with @ to get values")
        let infinite = Self.message {
            let problem = try Self.problem(values: [1, .nan, 1, 1, 1, 1])
            _ = try Self.execution(["`\(Self.name)` = loss"], problem).run()
        }
        #expect(
            infinite
                == "request \(Self.quoted) gives a value that is not finite: arrays: 'inputs' has one in example 0 (element 1)"
        )
    }

    @Test func tensors() throws {
        let ones = [Double](repeating: 1, count: 26)
        let found = Self.message { _ = try Self.problem(inputs: Self.name) }
        #expect(
            found
                == "arrays: expected a tensor 'inputs' for the model's input, found \(Self.quoted), 'targets'")
        let infinite = Self.message {
            let vectors = try [Self.name: HostArray([.nan] + ones.dropFirst(), shape: [26])]
            _ = try Self.execution(["hessian @ `\(Self.name)`"], Self.problem(vectors: vectors)).run()
        }
        #expect(infinite == "arrays: \(Self.quoted) has a value that is not finite at element 0")
        let execution = try Self.execution(
            ["hessian @ `\(Self.name)`"], Self.problem(vectors: [Self.name: HostArray(ones, shape: [26])]))
        #expect(
            Self.message { try execution.setVector(Self.name, to: [1]) }
                == "\(Self.quoted) has shape [26], 26 values; found 1")
        #expect(
            Self.message { try execution.setVector("b\n", to: [1]) } == "no request uses a tensor 'b\\u{000A}'")
    }

    @Test func weightsOfALoss() throws {
        let loss = "cross-entropy(weights=`\(Self.name)`)"
        #expect(
            Self.message { _ = try Self.problem(loss: loss) } == "--loss: no tensor \(Self.quoted) in arrays")
        #expect(
            Self.message {
                _ = try Self.problem(loss: loss, vectors: [Self.name: HostArray([1.0], shape: [1])])
            } == "--loss: \(Self.quoted) has shape [1], expected a weight for each class, shape [2]")
        #expect(
            Self.message {
                let vectors = try [Self.name: HostArray([0.0, 0], shape: [2])]
                _ = try Self.execution(["loss"], Self.problem(loss: loss, vectors: vectors)).run()
            }
                == "--loss: the class weights \(Self.quoted) of the terms that count sum to 0.0, so their mean is undefined; use --reduction sum, or other weights"
        )
    }

    @Test func parameters() throws {
        #expect(
            Self.message { _ = try Self.problem(parameters: [Self.name]) }.hasPrefix(
                "--parameters: no parameter is named \(Self.quoted)"))
        let execution = try Self.execution(["loss"], Self.problem())
        #expect(
            Self.message { try execution.setParameter(Self.name, to: []) } == "no parameter \(Self.quoted)")
        let taken = Self.message {
            let builder = try ModelBuilder(inputShape: [3])
            for _ in 0..<2 { _ = try builder.parameter(Self.name, shape: [1], .zeros) }
        }
        #expect(
            taken
                == "there are two parameters \(Self.quoted); give the layers scopes of their own, or share with 'reusing'"
        )
    }
}
