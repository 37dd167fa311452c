@testable import Curvature

/// The problem that the tests of the language write requests for.
enum LanguageFixture {
    /// 40 examples of one term and 10 outputs, 506 parameters: output space has 400 entries.
    static let problem = ProblemShape(examples: 40, terms: 1, outputs: 10, parameters: 506, predictionShape: [40, 10])

    static let tensors: [String: [Int]] = [
        "u": [400], "v": [506], "w": [506], "U": [400, 3], "V": [506, 3], "M": [506, 5], "s": [], "cube": [2, 3, 4],
        "0.weight": [506], "größe": [506], "direction": [506], "trace": [506], "a`b": [506],
    ]
}

/// A suite that parses requests for the fixture.
protocol LanguageSuite {}

extension LanguageSuite {
    var problem: ProblemShape { LanguageFixture.problem }

    func requests(_ texts: [String]) throws(ExpressionError) -> [Request] {
        try parseRequests(texts, shape: LanguageFixture.problem, tensors: LanguageFixture.tensors)
    }

    func requests(_ texts: String...) throws(ExpressionError) -> [Request] { try requests(texts) }

    func expression(_ text: String) throws(ExpressionError) -> Expression { try requests(text)[0].expression }

    func message(_ text: String) -> String {
        do {
            _ = try requests(text)
            return "no error"
        } catch {
            return error.message
        }
    }
}
