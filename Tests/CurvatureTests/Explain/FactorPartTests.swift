import Foundation
import Testing

@testable import Curvature

/// What a document says of Kronecker-factored operators.
@Suite struct FactorPartTests {
    private func document(_ requests: [String], outputs: Int = 3) throws -> PlanDocument {
        let model = try TestNetwork.mlp([3, 4, outputs])
        let count = model.parameters.reduce(0) { $0 + $1.count }
        var numbers = SeededNumbers(seed: 2)
        let problem = try Problem(
            name: "mlp", model: model, loss: Loss(.crossEntropy()),
            data: ArraySource([
                "inputs": ([5, 3], .real(numbers.array(15))), "targets": ([5], .int64([0, 1, 2, 1, 0])),
            ]), vectors: ArraySource(["v": ([count], .real(numbers.array(count)))]))
        return try document(requests, problem)
    }
    private func document(_ requests: [String], _ problem: Problem) throws -> PlanDocument {
        let requests = try parseRequests(requests, in: problem)
        var options = float64Options
        let plan = try Plan(requests, problem: problem, options: options)
        options.isNaive = true
        return try PlanDocument(plan, naive: Plan(requests, problem: problem, options: options))
    }
    private func decomposition(_ sizes: Int...) -> Int { sizes.reduce(0) { $0 + 9 * $1 * $1 * $1 } }

    @Test func everyParameterHasItsBlock() throws {
        let document = try document(["inverse(kfac(fisher=type2) + 0.1 * identity) @ v"])
        let part = try #require(document.factors?.first)
        #expect(document.factors?.count == 1)
        #expect(part.operator == "kfac(fisher=type2)")
        #expect(part.columns == 3)
        #expect(part.blocks.map(\.parameters) == [["0.weight"], ["0.bias"], ["1.weight"], ["1.bias"]])
        #expect(part.blocks.map(\.form) == ["kronecker", "full", "kronecker", "full"])
        #expect(part.blocks.map(\.sizes) == [[4, 3], [4], [3, 4], [3]])
        let reasons = ["a matrix", "a bias, which is added to outputs"]
        #expect(part.blocks.map(\.reason) == reasons + reasons)
        // A bias has its weight's output factor, which is decomposed once.
        #expect(part.blocks.map(\.decompositionFlops) == [decomposition(4, 3), 0, decomposition(3, 4), 0])
        // Four factors, and values and vectors of each.
        #expect(part.bytes == 8 * ((16 + 9 + 9 + 16) + (20 + 12 + 12 + 20)))
        #expect(part.warning == nil)
    }

    /// By Cholesky: n^3 for the factor and the inverse from it, and a number that says how each was found.
    @Test func invertedFactors() throws {
        let part = try #require(document(["inverse(kfac(fisher=type2), damping=0.1) @ v"]).factors?.first)
        #expect(part.blocks.map(\.decompositionFlops) == [64 + 27, 0, 27 + 64, 0])
        #expect(part.bytes == 8 * (2 * 50 + 4))
    }
    /// Factors of each term, and of their sum.
    @Test func sumsOfFactors() throws {
        let part = try #require(
            document(["inverse(kfac(fisher=empirical) + 2 * kfac(fisher=type2) + 0.1 * identity) @ v"]).factors?.first)
        #expect(part.operator == "(kfac(fisher=empirical) + 2 * kfac(fisher=type2))")
        #expect(part.columns == 4)
        #expect(part.bytes == 8 * (3 * 50 + 64))
        #expect(part.blocks.map(\.decompositionFlops) == [decomposition(4, 3), 0, decomposition(3, 4), 0])
    }

    @Test func whatAPlanDoesNotDecomposeCostsNothing() throws {
        let part = try #require(document(["kfac @ v"]).factors?.first)
        #expect(part.blocks.allSatisfy { $0.decompositionFlops == 0 })
        #expect(part.bytes == 8 * (16 + 9 + 9 + 16))
        #expect(part.columns == 1)
        let corrected = try #require(document(["ekfac @ v"]).factors?.first)
        #expect(corrected.bytes == 8 * (50 + 64 + (12 + 4 + 12 + 3)))
        #expect(try document(["ggn @ v"]).factors == nil)
    }

    @Test func jointBiasesAreLastColumns() throws {
        let part = try #require(document(["kfac(separate_weight_and_bias=false) @ v"]).factors?.first)
        #expect(part.blocks.map(\.parameters) == [["0.weight", "0.bias"], ["1.weight", "1.bias"]])
        #expect(part.blocks.map(\.sizes) == [[4, 4], [3, 5]])
        #expect(part.blocks.allSatisfy { $0.reason == "a matrix with its bias as last column" })
    }

    @Test func usesAreCounted() throws {
        let setup = try LossSetup(
            LossCase.classes[0], .flat, network: .named("twice"), parameters: ProbedNetwork.own)
        let part = try #require(document(["trace(kfac)"], setup.problem).factors?.first)
        let block = try #require(part.blocks.first { $0.parameters == ["1.weight"] })
        #expect(block.reason == "a matrix, used 2 times")
    }

    /// More than 1,000 outputs, each with a column of its own.
    @Test(arguments: [(1000, "type2", nil), (1001, "type2", 1), (1001, "mc, samples=7", nil)] as [(Int, String, Int?)])
    func manyColumnsAreWarnedOf(outputs: Int, fisher: String, samples: Int?) throws {
        let document = try document(["gradient", "trace(kfac(fisher=\(fisher)))"], outputs: outputs)
        let part = try #require(document.factors?.first)
        #expect(part.columns == (fisher == "type2" ? outputs : 7))
        let warning = samples.map {
            "fisher=type2 sends 1,001 columns back for each example; fisher=mc sends \($0)"
        }
        #expect(part.warning == warning)
        let text = try ExplainFormat.text(document)
        #expect(text.contains("  warning: \(warning ?? "")") == (warning != nil))
    }

    @Test func textAndJSONSayTheSame() throws {
        let document = try document(["inverse(kfac(fisher=type2) + 0.1 * identity) @ v"])
        let lines = try ExplainFormat.text(document).split(separator: "\n").map(String.init)
        let start = try #require(
            lines.firstIndex { $0.hasPrefix("factors   kfac(fisher=type2): 3 columns sent back, ") })
        #expect(lines[start + 1].hasPrefix("  0.weight  kron(4^2, 3^2)  a matrix; ~"))
        #expect(lines[start + 2].hasPrefix("  0.bias    full 4^2        a bias, which is added to outputs"))
        let json = try JSONSerialization.jsonObject(with: Data(ExplainFormat.json(document).utf8))
        let parts = try #require((json as? [String: Any])?["factors"] as? [[String: Any]])
        #expect(Set(parts[0].keys) == ["operator", "columns", "bytes", "blocks"])
        let blocks = try #require(parts[0]["blocks"] as? [[String: Any]])
        #expect(blocks.count == 4)
        #expect(Set(blocks[0].keys) == ["parameters", "form", "sizes", "reason", "decomposition_flops"])
    }
}
