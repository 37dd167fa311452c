import Testing

@testable import Curvature

/// Trees of 2^60 leaves with 120 nodes.
@Suite(.timeLimit(.minutes(1))) struct SharingTests: LanguageSuite {
    func doubled(_ times: Int, from first: String) throws -> [Request] {
        let texts = (1...times).map { "h\($0) = h\($0 - 1) + h\($0 - 1)" }
        return try requests(["h0 = \(first)"] + texts)
    }

    @Test func equalityAndHashing() throws {
        let first = try #require(doubled(60, from: "ggn").last?.expression)
        let second = try #require(doubled(60, from: "ggn").last?.expression)
        let third = try #require(doubled(60, from: "hessian").last?.expression)
        #expect(first !== second)
        #expect(first == second)
        #expect(Set([first, second, third]).count == 2)
        #expect(first.depth == 61)
    }

    @Test func printing() throws {
        let last = try #require(doubled(60, from: "ggn").last?.expression)
        #expect(last.text(limit: 70) == String(repeating: "(", count: 59) + "ggn + ggn)…")
        for limit in 0...100 {
            let text = last.text(limit: limit)
            #expect(text.count == max(1, limit))
            #expect(text.hasSuffix("…"))
        }
        #expect(last.description.count == 2000)
        #expect(try expression("v + w").text(limit: 5) == "v + w")
        #expect(try expression("v + w").text(limit: 4) == "v +…")
    }

    @Test func resizing() throws {
        let doubles = try doubled(60, from: "identity")
        let last = try #require(doubles.last?.expression)
        #expect(last.resized(to: 3).kind == .operator(rows: 3, columns: 3))
        let names = (0...60).map { "h\($0)" }
        #expect(doubles.map(\.name) == names)
        let texts = (1...60).map { "h\($0) = h\($0 - 1) + h\($0 - 1)" }
        let used = try requests(["h0 = identity"] + texts + ["x = h60 @ u"])
        #expect(used[61].expression.kind == .vector(400))
    }

    /// A chain of names may not be deeper than recursion can go.
    @Test func depth() throws {
        let texts = { (count: Int) in ["h0 = ggn"] + (1...count).map { "h\($0) = h\($0 - 1) @ ggn" } }
        let deep = try parseRequests(texts(999), shape: problem, tensors: [:])
        #expect(deep[999].expression == (try parseRequests(texts(999), shape: problem, tensors: [:])[999].expression))
        #expect(deep[999].expression.text(limit: .max).count == 3 + 999 * 6)
        let error = #expect(throws: ExpressionError.self) {
            try parseRequests(texts(1000), shape: problem, tensors: [:])
        }
        #expect(
            error?.message
                == "request 'h1000', column 14: an expression needs at most 1000 levels of nesting, found 1001")
    }

    /// Many requests are read in time proportional to their number.
    @Test func manyRequests() throws {
        let texts = ["r0 = w"] + (1..<20_000).map { "r\($0) = \($0) * v + r\($0 / 100)" }
        #expect(try requests(texts).count == 20_000)
    }
}
