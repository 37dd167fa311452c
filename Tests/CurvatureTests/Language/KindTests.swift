import Testing

@testable import Curvature

@Suite struct KindTests: LanguageSuite {
    @Test(
        arguments: [
            ("1", .scalar), ("loss", .scalar), ("s", .scalar), ("s * loss", .scalar), ("loss / s + 1", .scalar),
            ("norm(v)", .scalar), ("norm(V)", .scalar), ("dot(v, gradient)", .scalar),
            ("gradient", .vector(506)), ("v", .vector(506)), ("s * v", .vector(506)), ("hessian @ v", .vector(506)),
            ("jacobian @ v", .vector(400)), ("transpose(jacobian) @ u", .vector(506)), ("diag(v) @ w", .vector(506)),
            ("transpose(dense(M)) @ v", .vector(5)), ("identity @ u", .vector(400)),
            ("V", .block(506, 3)), ("ggn @ V", .block(506, 3)), ("jacobian @ V - U / 2", .block(400, 3)),
            ("prediction", .tensor([40, 10])), ("2 * prediction - prediction", .tensor([40, 10])),
            ("hessian", .operator(rows: 506, columns: 506)), ("ggn(samples=2)", .operator(rows: 506, columns: 506)),
            ("empirical_fisher", .operator(rows: 506, columns: 506)), ("jacobian", .operator(rows: 400, columns: 506)),
            ("transpose(jacobian)", .operator(rows: 506, columns: 400)), ("dense(M)", .operator(rows: 506, columns: 5)),
            ("dense(hessian @ M)", .operator(rows: 506, columns: 5)), ("diag(u)", .operator(rows: 400, columns: 400)),
            ("identity", .operator(rows: 506, columns: 506)), ("identity(7)", .operator(rows: 7, columns: 7)),
            ("jacobian @ hessian", .operator(rows: 400, columns: 506)),
        ] as [(String, Kind)])
    func kinds(_ text: String, _ kind: Kind) throws {
        #expect(try expression(text).kind == kind)
    }

    @Test(arguments: [
        (Kind.scalar, "a scalar", "scalar"), (.vector(506), "a vector (506)", "vector"),
        (.block(506, 3), "a block (506, 3)", "block"), (.tensor([40, 10]), "a tensor (40, 10)", "tensor"),
        (.operator(rows: 400, columns: 506), "an operator (400 x 506)", "operator"),
    ])
    func printing(_ kind: Kind, _ text: String, _ name: String) {
        #expect(kind.description == text)
        #expect(kind.name == name)
    }

    /// `identity` takes the size of what it meets.
    @Test(arguments: [
        ("jacobian @ transpose(jacobian) + 0.1 * identity", "jacobian @ transpose(jacobian) + 0.1 * identity(400)"),
        ("0.1 * identity + jacobian @ transpose(jacobian)", "0.1 * identity(400) + jacobian @ transpose(jacobian)"),
        ("2 * (identity - identity / 3) + diag(u)", "2 * (identity(400) - identity(400) / 3) + diag(u)"),
        (
            "jacobian @ transpose(jacobian) - transpose(-identity)",
            "jacobian @ transpose(jacobian) - transpose(-identity(400))"
        ),
        ("identity @ jacobian", "identity(400) @ jacobian"),
        ("jacobian @ identity", "jacobian @ identity(506)"),
        ("transpose(jacobian) @ identity", "transpose(jacobian) @ identity(400)"),
        ("identity @ identity @ jacobian", "identity(400) @ identity(400) @ jacobian"),
        ("(identity + identity) @ u", "(identity(400) + identity(400)) @ u"),
        ("identity @ U", "identity(400) @ U"),
        ("identity + identity", "identity(506) + identity(506)"),
        ("identity * s", "s * identity(506)"),
    ])
    func identities(_ text: String, _ explicit: String) throws {
        #expect(try expression(text) == expression(explicit))
    }

    /// Also where it is used by name; the earlier request keeps its own size.
    @Test func namedIdentity() throws {
        let requests = try requests("i = 0.1 * identity", "a = ggn + i", "b = jacobian @ transpose(jacobian) + i")
        #expect(requests[0].expression.kind == .operator(rows: 506, columns: 506))
        #expect(requests[2].expression == (try expression("jacobian @ transpose(jacobian) + 0.1 * identity(400)")))
    }
}
