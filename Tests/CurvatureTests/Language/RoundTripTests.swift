import Testing

@testable import Curvature

@Suite struct RoundTripTests: LanguageSuite {
    /// An expression reads back from its text, and its text is canonical.
    @Test(arguments: 0..<8) func random(_ part: UInt64) throws {
        for seed in (part * 500)..<(part * 500 + 500) {
            var random = RandomExpression(seed: seed)
            let original = try random.expression(depth: Int(seed % 6))
            let text = original.text(limit: .max)
            guard text.count < 50_000 else { continue }
            let back = try expression(text)
            #expect(back == original, "seed \(seed): \(text)")
            #expect(back.text(limit: .max) == text, "seed \(seed)")
        }
    }

    @Test(arguments: [
        ("((2 * hessian) - (0.50 * ggn) + 1e-01*identity)@v", "(2 * hessian - 0.5 * ggn + 0.1 * identity) @ v"),
        ("v + (w - (v - w))", "v + (w - (v - w))"),
        ("(v + w) + v", "(v + w) + v"),
        ("ggn @ (hessian @ v)", "ggn @ (hessian @ v)"),
        ("(ggn @ hessian) @ v", "ggn @ hessian @ v"),
        ("-(hessian @ v)", "-(hessian @ v)"),
        ("(-hessian) @ v", "-hessian @ v"),
        ("-1 * v - -1 * w", "-v - -w"),
        ("v * -2", "-2 * v"),
        ("1 - 3 + loss", "1 - 3 + loss"),
        ("loss - 3", "loss - 3"),
        ("loss + -3", "loss - 3"),
        ("fisher(seed=7, samples=2)", "ggn(samples=2, seed=7)"),
        ("(2 * loss) * v / (loss / 2)", "2 * loss * v / (loss / 2)"),
        ("dot(v, (w)) * norm((V))", "dot(v, w) * norm(V)"),
        ("`trace` + `v`", "`trace` + v"),
        ("`a``b` + `0.weight`", "`a``b` + `0.weight`"),
        ("identity", "identity(506)"),
        ("0.1 * identity + jacobian @ transpose(jacobian)", "0.1 * identity + jacobian @ transpose(jacobian)"),
        ("(identity / 2 + identity) @ u", "(identity / 2 + identity) @ u"),
        ("diag(v) @ transpose(dense(M) @ transpose(dense(M)))", "diag(v) @ transpose(dense(M) @ transpose(dense(M)))"),
    ])
    func canonical(_ text: String, _ canonical: String) throws {
        let parsed = try expression(text)
        #expect(parsed.description == canonical)
        #expect(try expression(canonical) == parsed)
    }

    @Test(arguments: [
        (0, "0"), (-0.0, "-0"), (5, "5"), (0.1, "0.1"), (1e-5, "1e-5"), (1e16, "1e16"), (1.5e-7, "1.5e-7"),
        (1e15, "1000000000000000"), (-2.5, "-2.5"), (.leastNonzeroMagnitude, "5e-324"),
        (1.7976931348623157e308, "1.7976931348623157e308"),
    ])
    func numbers(_ value: Double, _ text: String) {
        #expect(NumberText.text(of: value) == text)
        let magnitude = text.hasPrefix("-") ? String(text.dropFirst()) : text
        #expect(NumberText.value(of: magnitude) == value.magnitude)
    }
}
