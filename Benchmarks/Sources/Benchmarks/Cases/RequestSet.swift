/// Requests that are compiled together, and what that is compared with.
struct RequestSet: Sendable {
    enum Baseline: Sendable {
        /// The same requests with nothing shared.
        case naive
        /// The same plan without one rule.
        case withoutRule(String)

        var name: String {
            switch self {
            case .naive: "naive"
            case .withoutRule(let rule): "without \(rule)"
            }
        }
    }
    let name: String
    let requests: [String]
    var baseline = Baseline.naive
}

extension RequestSet {
    /// Six iterations, come what may: a tolerance that single precision does not reach.
    private static func solve(_ map: String) -> String {
        "inverse(\(map) + 0.1 * identity, solver=cg, tolerance=1e-12, max_iterations=6) @ gradient"
    }

    static let all = [
        RequestSet(name: "gradient+hessian", requests: ["gradient", "hessian @ v"]),
        RequestSet(name: "gradient+ggn", requests: ["gradient", "ggn @ v"]),
        RequestSet(name: "gradient+fisher", requests: ["gradient", "empirical_fisher @ v"]),
        RequestSet(
            name: "full-set", requests: ["loss", "gradient", "hessian @ v", "ggn @ v", "empirical_fisher @ v"]),
        RequestSet(name: "four-vectors", requests: (1...4).map { "hessian @ v\($0)" }),
        RequestSet(
            name: "combination", requests: ["(2 * hessian - 0.5 * ggn + 0.1 * empirical_fisher + 0.01 * identity) @ v"]),
        RequestSet(
            name: "combination+gradient", requests: ["hessian @ v + 2 * gradient + transpose(jacobian) @ w"]),
        RequestSet(name: "factors", requests: ["gradient", "trace(kfac(fisher=empirical))"]),
        RequestSet(
            name: "factor-inverse",
            requests: [0.1, 0.01].map { "inverse(kfac(fisher=empirical), damping=\($0)) @ gradient" }),
        RequestSet(name: "factor-products", requests: (1...4).map { "kfac(fisher=empirical) @ v\($0)" }),
        RequestSet(name: "cg-sum", requests: ["x = " + solve("ggn + empirical_fisher")]),
        RequestSet(name: "cg-kept", requests: ["x = " + solve("ggn")], baseline: .withoutRule("keep-primals")),
    ]
}
