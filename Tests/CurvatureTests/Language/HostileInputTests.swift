import Testing

@testable import Curvature

/// Whatever is typed, the answer is an expression or an error of one line.
@Suite(.timeLimit(.minutes(2))) struct HostileInputTests: LanguageSuite {
    /// Parses, and checks the error if there is one.
    func survive(_ texts: [String], _ context: String = "") {
        do {
            _ = try requests(texts)
        } catch {
            let scalars = error.message.unicodeScalars
            #expect(!scalars.contains { $0.value < 32 || $0.value == 0x2028 || $0.value == 0x85 }, "\(context)")
            #expect(scalars.count < 1000, "\(context)")
            #expect(error.column >= 1, "\(context)")
            #expect(error.excerpt.split(separator: "\n", omittingEmptySubsequences: false).count == 2, "\(context)")
        }
    }

    @Test(arguments: ["(", "-", "norm(", "v + (", "transpose(-", "ggn(samples=", "loss * ("])
    func deepNesting(_ opening: String) {
        let text = String(repeating: opening, count: 100_000 / opening.count)
        #expect(message(text).contains("expected at most 200 levels of nesting, found more"))
        survive([text])
    }

    @Test func nestingUpToTheLimit() throws {
        let nested = { (count: Int) in
            String(repeating: "(", count: count) + "v" + String(repeating: ")", count: count)
        }
        #expect(try expression(nested(199)) == expression("v"))
        #expect(
            message("x = " + nested(200))
                == "request 'x', column 205: expected at most 200 levels of nesting, found more")
    }

    @Test func length() throws {
        let limit = 100_000
        #expect(try expression("v" + String(repeating: " ", count: limit - 1)) == expression("v"))
        let tooLong = "v" + String(repeating: " ", count: limit)
        #expect(message(tooLong) == "request 'v', column 1: expected at most 100000 characters, found more")
        survive([String(repeating: "é", count: 1_000_000)])
        survive(["a" + String(repeating: "\u{301}", count: 1_000_000)])
        survive(["a" + String(repeating: "\u{301}", count: 99_000)])
        survive(["v + \u{20DD}" + String(repeating: "\u{301}", count: 99_000)])
    }

    @Test(arguments: ["+", "-", "*", "/", "@", ",", "="])
    func longChains(_ symbol: String) {
        for operand in ["v", "ggn", "2", "1e300", "loss"] {
            survive([String(repeating: operand + symbol, count: 90_000 / (operand.count + 1)) + operand])
        }
    }

    @Test func longTokens() {
        for character in ["9", "v", "`", "\"", ".", "_", "\n", "\u{0}", "\u{2028}", "💥", "\u{202E}", "\r\n"] {
            survive([String(repeating: character, count: 50_000)])
            survive(["x = " + String(repeating: character, count: 50_000) + " + v"])
        }
        survive(["1e" + String(repeating: "9", count: 50_000), "0." + String(repeating: "0", count: 50_000) + "1"])
        survive(["ggn(samples=" + String(repeating: "9", count: 50_000) + ")"])
        survive(["norm(" + String(repeating: "v,", count: 40_000) + "v)"])
    }

    @Test func longestSum() throws {
        let sum = try expression(String(repeating: "v+", count: 49_999) + "v")
        #expect(sum.operands.count == 50_000)
        #expect(sum.depth == 2)
        #expect(sum.text(limit: .max).count == 50_000 + 3 * 49_999)
    }

    static let seeds: [[String]] = [
        [
            "h = (2 * hessian - 0.5 * ggn + 0.1 * identity) @ v",
            "g = ggn(samples=3, seed=18446744073709551615) @ `a``b`", "h + g",
        ],
        ["x = transpose(jacobian) @ jacobian @ V / norm(V)", "-x * 1e-5", "dot(v, gradient) / .5"],
        ["jacobian @ transpose(jacobian) + 0.1 * identity(400)", "kfac(fisher=type2, weight_sharing=expand)"],
        ["submatrix(hessian, \"0.weight\", \"0.bias\")", "diag(`größe`) @ dense(M)", "prediction - 2. * prediction"],
    ]
    static let pieces = [
        "(", ")", "+", "-", "*", "/", "@", ",", "=", "`", "\"", ".", "e", "0", "9", "1e999", " ", "\n", "v", "V", "s",
        "u",
        "ggn", "identity", "norm(", "transpose(", "samples=", "seed=", "é", "e\u{301}", "\u{0}", "\u{7F}", "\u{200D}",
        "🙂", "١",
        "²", "−", "\r\n", "\u{FEFF}",
    ]

    /// Random edits of valid requests.
    @Test(arguments: 0..<8) func mutations(_ part: UInt64) {
        for seed in (part * 500)..<(part * 500 + 500) {
            var random = RandomExpression(seed: seed)
            var texts = random.pick(Self.seeds)
            for _ in 0..<Int.random(in: 1...6, using: &random.generator) {
                let index = Int.random(in: 0..<texts.count, using: &random.generator)
                var characters = Array(texts[index])
                let place = Int.random(in: 0...characters.count, using: &random.generator)
                let end = min(characters.count, place + Int.random(in: 0...4, using: &random.generator))
                let piece: [Character] = random.pick([true, false]) ? Array(random.pick(Self.pieces)) : []
                characters.replaceSubrange(place..<end, with: piece)
                texts[index] = String(characters)
            }
            survive(texts, "seed \(seed): \(texts)")
            for text in texts { _ = try? Loss(parsing: text) }
        }
    }

    @Test(arguments: 0..<4) func noise(_ part: UInt64) {
        for seed in (part * 500)..<(part * 500 + 500) {
            var random = RandomExpression(seed: seed)
            let count = Int.random(in: 0...30, using: &random.generator)
            let text = (0..<count).map { _ in random.pick(Self.pieces) }.joined()
            survive([text, "cross-entropy(" + text], "seed \(seed): \(text)")
            _ = try? Loss(parsing: "cross-entropy(" + text)
            _ = try? Loss.Reduction(parsing: text)
        }
    }
}
