import Testing

@testable import Curvature

/// What each mistake is told. All but the last of several requests are fine.
@Suite struct ErrorMessageTests: LanguageSuite {
    struct Case: CustomTestStringConvertible {
        let texts: [String]
        let message: String
        init(_ texts: String..., message: String) { (self.texts, self.message) = (texts, message) }
        var testDescription: String { texts.joined(separator: " | ") }
    }

    func check(_ mistake: Case) {
        let error = #expect(throws: ExpressionError.self) {
            try requests(mistake.texts)
        }
        #expect(error?.message == mistake.message)
        #expect(error?.description == mistake.message)
    }

    private static let anything = "expected a leaf, a function, an earlier request or a tensor, found"

    @Test(arguments: [
        Case(
            "hessian @ u",
            message:
                "request 'hessian @ u', column 11: '@' needs a vector of 506 entries or a block with 506 rows here, "
                + "found a vector (400)"),
        Case(
            "ggn @ U",
            message: "request 'ggn @ U', column 7: '@' needs a vector of 506 entries or a block with 506 rows here, "
                + "found a block (400, 3)"),
        Case(
            "ggn @ jacobian",
            message: "request 'ggn @ jacobian', column 7: '@' needs an operator with 506 rows here, "
                + "found an operator (400 x 506)"),
        Case(
            "hessian @ 2 * v",
            message: "request 'hessian @ 2 * v', column 11: '@' needs an operator, vector or block with 506 rows here, "
                + "found a scalar; '*', '/' and '@' are taken from left to right"),
        Case(
            "ggn @ prediction",
            message: "request 'ggn @ prediction', column 7: '@' needs an operator, vector or block with 506 rows here, "
                + "found a tensor (40, 10)"),
        Case(
            "v @ u",
            message: "request 'v @ u', column 3: '@' needs an operator on its left, found a vector (506); "
                + "the inner product is dot(u, v)"),
        Case(
            "v @ V",
            message: "request 'v @ V', column 3: '@' needs an operator on its left, found a vector (506)"),
        Case(
            "V @ v",
            message: "request 'V @ v', column 3: '@' needs an operator on its left, found a block (506, 3); "
                + "dense(M) is a block as an operator"),
        Case(
            "x = ggn @ v @ w",
            message: "request 'x', column 13: '@' needs an operator on its left, found a vector (506); "
                + "the inner product is dot(u, v)"),
        Case(
            "ggn * v",
            message: "request 'ggn * v', column 5: '*' needs a scalar on one side, "
                + "found an operator (506 x 506) and a vector (506); operators are applied and composed with '@'"),
        Case(
            "v * w",
            message:
                "request 'v * w', column 3: '*' needs a scalar on one side, found a vector (506) and a vector (506)"),
        Case("ggn / v", message: "request 'ggn / v', column 7: '/' needs a scalar here, found a vector (506)"),
        Case(
            "ggn / 0", message: "request 'ggn / 0', column 7: '/' needs a divisor other than zero here, found 0"),
        Case(
            "2 / (1 - 1)",
            message: "request '2 / (1 - 1)', column 5: '/' needs a divisor other than zero here, found 0"),
        Case(
            "ggn + 0.1",
            message: "request 'ggn + 0.1', column 7: '+' needs an operator (506 x 506) here, found a scalar; "
                + "a scalar is added to an operator as a multiple of 'identity'"),
        Case(
            "0.1 + ggn",
            message: "request '0.1 + ggn', column 7: '+' needs a scalar here, found an operator (506 x 506); "
                + "a scalar is added to an operator as a multiple of 'identity'"),
        Case(
            "ggn + ggn - (v)",
            message:
                "request 'ggn + ggn - (v)', column 13: '-' needs an operator (506 x 506) here, found a vector (506)"),
        Case(
            "jacobian + identity",
            message: "request 'jacobian + identity', column 12: '+' needs an operator (400 x 506) here, "
                + "found an operator (506 x 506)"),
        Case(
            "ggn + identity(400)",
            message: "request 'ggn + identity(400)', column 7: '+' needs an operator (506 x 506) here, "
                + "found an operator (400 x 400)"),
        Case(
            "norm(ggn)",
            message: "request 'norm(ggn)', column 6: 'norm' needs a vector or a block here, "
                + "found an operator (506 x 506)"),
        Case(
            "dot(v, u)", message: "request 'dot(v, u)', column 8: 'dot' needs a vector (506) here, found a vector (400)"
        ),
        Case("dot(V, v)", message: "request 'dot(V, v)', column 5: 'dot' needs a vector here, found a block (506, 3)"),
        Case("diag(V)", message: "request 'diag(V)', column 6: 'diag' needs a vector here, found a block (506, 3)"),
        Case("dense(v)", message: "request 'dense(v)', column 7: 'dense' needs a block here, found a vector (506)"),
        Case(
            "transpose(V)",
            message: "request 'transpose(V)', column 11: 'transpose' needs an operator here, found a block (506, 3); "
                + "dense(M) is a block as an operator"),
        Case(
            "2 * cube",
            message: "request '2 * cube', column 5: an expression needs a tensor of shape (), (n) or (n, k), "
                + "found 'cube' of shape (2, 3, 4)"),
        Case(
            "1e308 * 10",
            message: "request '1e308 * 10', column 7: '*' needs a value in the range of a 64-bit float, found inf"),
        Case(
            "1e308 + 1e308",
            message: "request '1e308 + 1e308', column 7: '+' needs a value in the range of a 64-bit float, found inf"),
        Case(
            "v * 1e999",
            message: "request 'v * 1e999', column 5: expected a number in the range of a 64-bit float, found 1e999"),
        Case(
            "1e-999",
            message: "request '1e-999', column 1: expected a number in the range of a 64-bit float, found 1e-999"),
    ])
    func kinds(_ mistake: Case) { check(mistake) }

    @Test(arguments: [
        Case(
            "hesian @ v",
            message: "request 'hesian @ v', column 1: \(anything) the unknown name 'hesian'; did you mean 'hessian'?"),
        Case(
            "ggn @ directoin",
            message: "request 'ggn @ directoin', column 7: \(anything) the unknown name 'directoin'; "
                + "did you mean 'direction'?"),
        Case("ggn @ W", message: "request 'ggn @ W', column 7: \(anything) the unknown name 'W'; did you mean 'w'?"),
        Case(
            "step = v", "ggn @ stepp",
            message: "request 'ggn @ stepp', column 7: \(anything) the unknown name 'stepp'; did you mean 'step'?"),
        Case("zebra", message: "request 'zebra', column 1: \(anything) the unknown name 'zebra'"),
        Case("`hessian`", message: "request '`hessian`', column 1: \(anything) the unknown name 'hessian'"),
        Case("a = v + a", message: "request 'a', column 9: \(anything) 'a', which is this request itself"),
        Case("a = b", "b = v", message: "request 'a', column 5: \(anything) 'b', which a later request defines"),
        Case(
            "2 * ekfac(fisher=forward_only)",
            message: "request '2 * ekfac(fisher=forward_only)', column 5: "
                + "'ekfac' needs output gradients: fisher=type2, mc or empirical, found fisher=forward_only"),
        Case(
            "kfoc(weight_sharing=reduce) @ v",
            message: "request 'kfoc(weight_sharing=reduce) @ v', column 1: "
                + "'kfoc' needs weight_sharing=expand, found weight_sharing=reduce"),
        Case(
            "inverse(ekfac, damping=0.1, damping_style=heuristic) @ v",
            message: "request 'inverse(ekfac, damping=0.1, damping_style=heuristic) @ v', column 1: "
                + "'damping_style' needs kfac or kfoc, which have factors to damp, found ekfac; "
                + "inverse(ekfac, damping=d) is the exact inverse of ekfac + d * identity"),
        Case(
            "inverse(ekfac, damping=0.1, damping_style=factor) @ v",
            message: "request 'inverse(ekfac, damping=0.1, damping_style=factor) @ v', column 1: "
                + "'damping_style' needs kfac or kfoc, which have factors to damp, found ekfac; "
                + "inverse(ekfac, damping=d) is the exact inverse of ekfac + d * identity"),
        Case(
            "logdet(kfac(fisher=type2), method=\"x\")",
            message: "request 'logdet(kfac(fisher=type2), method=\"x\")', column 35: "
                + "'method' needs auto, exact or slq, found the string 'x'"),
        Case(
            "trace(ggn, method=xdiag)",
            message: "request 'trace(ggn, method=xdiag)', column 19: "
                + "'method' needs auto, exact, hutchinson, hutchpp or xtrace, found 'xdiag'"),
        Case(
            "trace(ggn, samples=0)",
            message: "request 'trace(ggn, samples=0)', column 20: 'samples' needs a whole number from 1, found 0"),
        Case(
            "eigenvalues(hessian, count=507)",
            message: "request 'eigenvalues(hessian, count=507)', column 1: "
                + "'count' needs a whole number from 1 to 506, the operator's size, found 507"),
        Case(
            "diagonal(jacobian)",
            message: "request 'diagonal(jacobian)', column 10: "
                + "'diagonal' needs a square operator here, found an operator (400 x 506)"),
        Case(
            "submatrix(jacobian, \"0:3\", \"506:507\")",
            message: "request 'submatrix(jacobian, \"0:3\", \"506:507\")', column 28: "
                + "a selection needs a range within 0:506, the first entry and the one after the last, found '506:507'"
        ),
        Case("x = norm", message: "request 'x', column 5: 'norm' is a function: expected norm(v), found 'norm' alone"),
        Case(
            "nrom(v)",
            message: "request 'nrom(v)', column 1: expected a function, found the unknown name 'nrom'; "
                + "did you mean 'norm'?"),
        Case("zebra(v)", message: "request 'zebra(v)', column 1: expected a function, found the unknown name 'zebra'"),
        Case("v(3)", message: "request 'v(3)', column 1: expected a function, found 'v', which is a tensor"),
        Case(
            "a = v", "a(3)",
            message: "request 'a(3)', column 1: expected a function, found 'a', which is an earlier request"),
        Case(
            "a = v", "a = w",
            message: "request 'a', column 1: expected a new name, found 'a', which an earlier request has"),
        Case(
            "v + w", " v + w ",
            message: "request 'v + w', column 2: expected a new name, found 'v + w', which an earlier request has; "
                + "write name = expression"),
        Case(
            "hessian = ggn",
            message: "request 'hessian', column 1: expected a new name, found 'hessian', which is a leaf"),
        Case(" norm = v", message: "request 'norm', column 2: expected a new name, found 'norm', which is a function"),
        Case(
            "ekfac = v", message: "request 'ekfac', column 1: expected a new name, found 'ekfac', which is a leaf"),
        Case("v = w", message: "request 'v', column 1: expected a new name, found 'v', which is a tensor"),
        Case("`v` = 2 * v", message: "request 'v', column 1: expected a new name, found 'v', which is a tensor"),
    ])
    func names(_ mistake: Case) { check(mistake) }

    @Test func noTensors() {
        let error = #expect(throws: ExpressionError.self) {
            try parseRequests(["ggn @ v"], shape: problem, tensors: [:])
        }
        #expect(
            error?.message
                == "request 'ggn @ v', column 7: \(Self.anything) the unknown name 'v' (no tensors were given)")
    }

    @Test(arguments: [
        Case("norm(v, w)", message: "request 'norm(v, w)', column 9: expected norm(v), found 2 arguments"),
        Case("2 * norm()", message: "request '2 * norm()', column 5: expected norm(v), found no arguments"),
        Case("dot(v)", message: "request 'dot(v)', column 1: expected dot(u, v), found 1 argument"),
        Case("hessian(3)", message: "request 'hessian(3)', column 9: expected hessian, found 1 argument"),
        Case(
            "ggn(5)",
            message: "request 'ggn(5)', column 5: expected ggn(samples=S, seed=s), found an argument without a name"),
        Case(
            "ggn(sample=5)",
            message: "request 'ggn(sample=5)', column 5: 'ggn' has no argument 'sample'; it takes 'samples' and 'seed' "
                + "(did you mean 'samples'?)"),
        Case(
            "fisher(x=5)",
            message: "request 'fisher(x=5)', column 8: 'fisher' has no argument 'x'; it takes 'samples' and 'seed'"),
        Case(
            "norm(v, p=2)",
            message: "request 'norm(v, p=2)', column 9: 'norm' has no argument 'p'; it takes none by name"),
        Case(
            "ggn(samples=5, samples=6)",
            message: "request 'ggn(samples=5, samples=6)', column 16: expected 'samples' once, found it twice"),
        Case(
            "ggn(samples=0)",
            message: "request 'ggn(samples=0)', column 13: 'samples' needs a whole number from 1, found 0"),
        Case(
            "ggn(samples=-1)",
            message: "request 'ggn(samples=-1)', column 13: 'samples' needs a whole number from 1, found -1"),
        Case(
            "ggn(samples=2.)",
            message: "request 'ggn(samples=2.)', column 13: 'samples' needs a whole number from 1, found 2."),
        Case(
            "ggn(samples=x)",
            message: "request 'ggn(samples=x)', column 13: 'samples' needs a whole number from 1, found 'x'"),
        Case(
            "ggn(samples=\"5\")",
            message:
                "request 'ggn(samples=\"5\")', column 13: 'samples' needs a whole number from 1, found the string '5'"),
        Case(
            "ggn(samples=2*3)",
            message: "request 'ggn(samples=2*3)', column 13: 'samples' needs a whole number from 1, found an expression"
        ),
        Case(
            "ggn(samples=1, seed=18446744073709551616)",
            message: "request 'ggn(samples=1, seed=18446744073709551616)', column 21: "
                + "'seed' needs a whole number of at most 18446744073709551615, found 18446744073709551616"),
        Case(
            "ggn(seed=3)",
            message: "request 'ggn(seed=3)', column 5: "
                + "'seed' needs 'samples' beside it, found it alone"),
        Case("norm(\"v\")", message: "request 'norm(\"v\")', column 6: expected an expression, found the string 'v'"),
        Case(
            "identity(0)",
            message: "request 'identity(0)', column 10: "
                + "'identity' needs a whole number from 1, found 0"),
        Case(
            "identity(n)",
            message: "request 'identity(n)', column 10: 'identity' needs a whole number from 1, found 'n'"),
        Case("identity(1, 2)", message: "request 'identity(1, 2)', column 13: expected identity(n), found 2 arguments"),
    ])
    func arguments(_ mistake: Case) { check(mistake) }

    @Test(arguments: [
        Case("v", "", message: "request 2, column 1: expected an operand, found the end"),
        Case("a =", message: "request 'a', column 4: expected an operand, found the end"),
        Case("a = b = c", message: "request 'a', column 7: expected an operator or the end, found '='"),
        Case("2 = v", message: "request '2 = v', column 3: expected an operator or the end, found '='"),
        Case("ggn @", message: "request 'ggn @', column 6: expected an operand, found the end"),
        Case("+v", message: "request '+v', column 1: expected an operand, found '+'"),
        Case("ggn ** v", message: "request 'ggn ** v', column 6: expected an operand, found '*'"),
        Case("()", message: "request '()', column 2: expected an operand, found ')'"),
        Case(
            "2 * (ggn @ v",
            message:
                "request '2 * (ggn @ v', column 13: "
                + "expected an operator or ')' for the '(' in column 5, found the end"),
        Case("ggn @ v)", message: "request 'ggn @ v)', column 8: expected an operator or the end, found ')'"),
        Case("ggn v", message: "request 'ggn v', column 5: expected an operator or the end, found 'v'"),
        Case(
            "ggn \"v\"", message: "request 'ggn \"v\"', column 5: expected an operator or the end, found the string 'v'"
        ),
        Case(
            "norm(v",
            message: "request 'norm(v', column 7: "
                + "expected ',' or ')' for the '(' in column 5, found the end"),
        Case("norm(v,)", message: "request 'norm(v,)', column 8: expected an operand, found ')'"),
        Case("`norm`(v)", message: "request '`norm`(v)', column 7: expected an operator or the end, found '('"),
        Case("1.2.3", message: "request '1.2.3', column 1: expected an operand, found the malformed number '1.2.3'"),
        Case("2x", message: "request '2x', column 1: expected an operand, found the malformed number '2x'"),
        Case("`abc", message: "request '`abc', column 1: expected an operand, found ` without another one to close it"),
        Case(
            "ggn(\"abc",
            message: "request 'ggn(\"abc', column 5: expected an operand, found \" without another one to close it"),
        Case(
            "größe ^ 2",
            message: "request 'größe ^ 2', column 7: expected an operator or the end, "
                + "found the character '^', which has no meaning here"),
        Case(
            "v\u{7}",
            message: "request 'v\\u{0007}', column 2: expected an operator or the end, "
                + "found the character U+0007, which has no meaning here"),
    ])
    func syntax(_ mistake: Case) { check(mistake) }

    @Test(arguments: [
        ("ggn @ u", 7, "ggn @ u\n      ^"),
        ("  x =\n\tggn @ u", 14, "  x =  ggn @ u\n             ^"),
        ("v +", 4, "v +\n   ^"),
        ("v\u{7} + v", 2, "v\u{FFFD} + v\n ^"),
        (
            String(repeating: "v + ", count: 50) + "u" + String(repeating: " + v", count: 50), 201,
            "…" + String(repeating: "v + ", count: 12) + "u" + String(repeating: " + v", count: 11) + " + …\n"
                + String(repeating: " ", count: 49) + "^"
        ),
    ])
    func excerpts(_ text: String, _ column: Int, _ excerpt: String) {
        let error = #expect(throws: ExpressionError.self) { try expression(text) }
        #expect(error?.column == column)
        #expect(error?.excerpt == excerpt)
    }

    @Test func requestNames() {
        let named = #expect(throws: ExpressionError.self) { try expression("`my x` = u +") }
        #expect(named?.request == "my x")
        let unnamed = #expect(throws: ExpressionError.self) { try expression(" u +") }
        #expect(unnamed?.request == "u +")
        let long = message(String(repeating: "v", count: 70) + " = u +")
        #expect(
            long == "request '\(String(repeating: "v", count: 60))…', column 77: expected an operand, found the end")
    }
}
