import Testing

@testable import Curvature

@Suite struct RequestTests: LanguageSuite {
    @Test(arguments: [
        ("hessian @ v", "hessian @ v", "hessian @ v"), ("  hessian  @ v\n", "hessian  @ v", "hessian  @ v"),
        ("Hv = hessian @ v ", "Hv", "hessian @ v"), ("`H v`=hessian @ v", "H v", "hessian @ v"),
        ("a.b_1 = hessian @ v", "a.b_1", "hessian @ v"), ("größe2 = hessian @ v", "größe2", "hessian @ v"),
    ])
    func names(_ whole: String, _ name: String, _ text: String) throws {
        let request = try requests(whole)[0]
        #expect(request.name == name)
        #expect(request.text == text)
        #expect(request.expression == (try expression("hessian @ v")))
    }

    /// A name stands for the earlier request's very node.
    @Test func earlierNamesAreShared() throws {
        let requests = try requests(
            "h = hessian @ v", "g = ggn @ h", "`x y` = 1", "`x y` * h")
        guard case .application(_, let argument) = requests[1].expression.node else {
            Issue.record("no application")
            return
        }
        #expect(argument === requests[0].expression)
        #expect(requests[3].expression.kind == .vector(506))
        #expect(requests[3].name == "`x y` * h")
    }

    /// An unnamed request can be used by its text.
    @Test func textIsAName() throws {
        let requests = try requests("hessian @ v", "2 * `hessian @ v`")
        #expect(requests[1].expression.operands[1] === requests[0].expression)
    }

    /// A request may have the name of a leaf or a tensor that it is.
    @Test(arguments: ["loss", "loss = loss", "gradient = gradient", "v", "v = v", "`v` = v", "v = `v`", "ggn=ggn"])
    func namedByItself(_ text: String) throws {
        _ = try requests(text, "x = 2 * loss * v")
    }

    /// A leaf's name means the leaf, whatever tensors there are; backquotes mean the tensor.
    @Test func backquotesAreNeverWords() throws {
        let tensors = ["loss": [3], "gradient": [506]]
        let requests = try parseRequests(["loss", "`loss` + `loss`"], shape: problem, tensors: tensors)
        #expect(requests[0].expression == .loss())
        #expect(requests[1].expression.kind == .vector(3))
    }

    @Test func seedsAreExact() throws {
        let node = try expression("ggn(samples=2, seed=18446744073709551615)").node
        guard case .ggn(samples: 2, seed: .max) = node else {
            Issue.record("\(node)")
            return
        }
    }

    /// What the reference cases ask for that this version has.
    @Test func referenceExpressions() throws {
        _ = try requests(
            "loss=loss", "gradient=gradient", "hessian_v=hessian @ v", "hessian_V=hessian @ V", "ggn_V=ggn @ V",
            "empirical_fisher_V=empirical_fisher @ V",
            "sum_v=(2 * hessian - 0.5 * ggn + 0.1 * identity) @ v", "product_v=ggn @ hessian @ v",
            "jacobian_v=jacobian @ v", "jacobian_T_u=transpose(jacobian) @ u")
    }

    @Test func factoriesWithoutText() throws {
        let (hessian, u) = (Expression.hessian(problem), try Expression.tensor("u", shape: [400]))
        let error = #expect(throws: KindError.self) { try Expression.applied(hessian, u) }
        #expect(
            error?.description
                == "'@' needs a vector of 506 entries or a block with 506 rows as operand 2, found a vector (400)")
        #expect(throws: KindError.self) { try Expression.sum([hessian]) }
        #expect(throws: KindError.self) { try Expression.number(.nan) }
        #expect(throws: KindError.self) { try Expression.ggn(samples: 0, problem) }
        #expect(throws: KindError.self) { try Expression.scaled(by: u, u) }
        #expect(try Expression.ggn(seed: 5, problem) == Expression.ggn(problem))
        #expect(Request("loss", .loss()).text == "loss")
    }
}
