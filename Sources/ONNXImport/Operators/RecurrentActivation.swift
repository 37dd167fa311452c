import TensorIR

/// The functions that a recurrent operator can name for its gates, each with up to two numbers.
struct RecurrentActivation {
    let name: String
    let alpha: Double
    let beta: Double

    /// Those of one direction: named in order for all directions, or ONNX's own.
    static func all(
        _ call: OperatorCall, defaults: [String], _ direction: Int, of directions: Int
    ) throws -> [RecurrentActivation] {
        let named = call.attributes["activations"].map { $0.strings.map { String(decoding: $0, as: UTF8.self) } } ?? []
        let names = named.isEmpty ? Array(repeating: defaults, count: directions).flatMap { $0 } : named
        guard names.count == defaults.count * directions else {
            throw call.invalid("it names \(names.count) activations; expected \(defaults.count * directions)")
        }
        // Only functions that have a number take one from the lists.
        var alphas = try (call.floats("activation_alpha") ?? [])[...]
        var betas = try (call.floats("activation_beta") ?? [])[...]
        let all = try names.map { name in
            guard let numbers = numbers[name.lowercased()] else {
                throw call.unsupported("the activation '\(name)' is not supported in a recurrent operator")
            }
            return RecurrentActivation(
                name: name.lowercased(), alpha: numbers.alpha.map { alphas.popFirst() ?? $0 } ?? 0,
                beta: numbers.beta.map { betas.popFirst() ?? $0 } ?? 0)
        }
        return Array(all[(direction * defaults.count)..<((direction + 1) * defaults.count)])
    }

    private static let numbers: [String: (alpha: Double?, beta: Double?)] = [
        "relu": (nil, nil), "tanh": (nil, nil), "sigmoid": (nil, nil), "softsign": (nil, nil), "softplus": (nil, nil),
        "affine": (1, 0), "leakyrelu": (0.01, nil), "thresholdedrelu": (1, nil), "scaledtanh": (1, 1),
        "hardsigmoid": (0.2, 0.5), "elu": (1, nil),
    ]

    func apply(_ x: Node, _ call: OperatorCall) throws -> Node {
        let graph = call.graph
        switch name {
        case "relu": return try graph.relu(x)
        case "tanh": return try graph.tanh(x)
        case "sigmoid": return try graph.sigmoid(x)
        case "softsign": return try graph.divide(x, call.plus(graph.unary(.absolute, x), 1))
        case "softplus": return try graph.unary(.softplus, x)
        case "affine": return try call.plus(call.times(x, alpha), beta)
        case "leakyrelu": return try graph.leakyRelu(x, slope: alpha)
        case "thresholdedrelu":
            return try graph.select(graph.less(call.filled(alpha, like: x), x), x, call.filled(0, like: x))
        case "scaledtanh": return try call.times(graph.tanh(call.times(x, beta)), alpha)
        case "hardsigmoid": return try call.clamp(call.plus(call.times(x, alpha), beta), 0, 1)
        default: return try graph.exponentialUnit(x, alpha: alpha)
        }
    }
}
