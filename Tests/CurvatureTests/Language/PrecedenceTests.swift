import Testing

@testable import Curvature

@Suite struct PrecedenceTests: LanguageSuite {
    /// Both texts are one expression.
    @Test(arguments: [
        ("v + w - v", "(v + w - v)"),
        ("v - w", "v + -1 * w"),
        ("v - 2 * w", "v - (2 * w)"),
        ("v + hessian @ w", "v + (hessian @ w)"),
        ("2 * hessian @ v", "(2 * hessian) @ v"),
        ("ggn @ hessian @ v", "(ggn @ hessian) @ v"),
        ("hessian @ v * 2", "2 * (hessian @ v)"),
        ("hessian @ v / 2", "(hessian @ v) / 2"),
        ("hessian @ v / loss * 2", "2 * ((hessian @ v) / loss)"),
        ("-hessian @ v", "(-hessian) @ v"),
        ("-2 * v", "(-2) * v"),
        ("2 * -v", "2 * (-1 * v)"),
        ("--v", "-(-v)"),
        ("v * 2", "2 * v"),
        ("loss * 2", "2 * loss"),
        ("loss * v", "v * loss"),
        ("fisher", "ggn"),
        ("ggn()", "ggn"),
        ("fisher(samples=3)", "ggn(seed=0, samples=3)"),
        ("hessian()", "hessian"),
        ("`0.weight` + größe", "( `0.weight`+größe )"),
        ("v\n\t+ w", "v+w"),
        ("(2 * hessian - 0.5 * ggn + 0.1 * identity) @ v", "((2*hessian) + (-1*(0.5*ggn)) + (0.1*identity(506))) @ v"),
    ])
    func same(_ left: String, _ right: String) throws {
        let (left, right) = (try expression(left), try expression(right))
        #expect(left == right)
        #expect(left.hashValue == right.hashValue)
    }

    @Test(arguments: [
        ("ggn @ hessian @ v", "ggn @ (hessian @ v)"),
        ("v + w + v", "v + (w + v)"),
        ("v + w", "w + v"),
        ("2 * (3 * v)", "3 * (2 * v)"),
        ("ggn(samples=1)", "ggn"),
        ("ggn(samples=1)", "ggn(samples=1, seed=1)"),
        ("norm(v)", "norm(w)"),
        ("0 * v", "-0 * v"),
        ("identity(3)", "identity(4)"),
        ("loss / 2", "2 / loss"),
    ])
    func different(_ left: String, _ right: String) throws {
        #expect(try expression(left) != expression(right))
    }

    @Test(
        arguments: [
            ("2 * 3 - 1", 5), ("1e-5", 1e-5), (".5", 0.5), ("2.", 2), ("2.e1", 20), ("1E+2", 100),
            ("-(1 + 2) / 4", -0.75),
            ("8 / 4 / 2", 1), ("2 - 3 - 4", -5), ("007", 7), ("1e-400 + 1", nil), ("0e-999", 0), ("-0.0", -0.0),
            ("(((1)))", 1), ("9007199254740993", 9_007_199_254_740_992), (String(repeating: "9", count: 300), 1e300),
        ] as [(String, Double?)])
    func numbers(_ text: String, _ value: Double?) {
        let number = try? expression(text).number
        #expect(number?.bitPattern == value?.bitPattern)
    }
}
