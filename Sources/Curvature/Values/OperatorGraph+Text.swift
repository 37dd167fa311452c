extension OperatorGraph {
    /// A value in the expression language, shortened where it is deep.
    package func text(_ value: Value, depth: Int = 6) -> String {
        guard depth > 0 else { return "..." }
        func inner(_ value: Value) -> String {
            let text = text(value, depth: depth - 1)
            if case .combination = self[value] { return "(\(text))" }
            if case .pullback(let terms) = self[value], terms.count > 1 { return "(\(text))" }
            return text
        }
        switch self[value] {
        case .number(let number): return NumberText.text(of: number)
        case .tensor(let name): return name
        case .loss: return "loss"
        case .prediction: return "prediction"
        case .jacobianProduct(let x): return "jacobian @ \(inner(x))"
        case .pullback(let terms), .weighedGradient(let terms):
            return OperatorGraph.sum(
                terms.map { term in
                    let name =
                        switch term.source {
                        case .gradient: "gradient"
                        case .hessian(let x): "hessian @ \(inner(x))"
                        case .ggn(let x, nil): "ggn @ \(inner(x))"
                        case .ggn(let x, let sampling?):
                            "ggn(samples=\(sampling.samples), seed=\(sampling.seed)) @ \(inner(x))"
                        case .empiricalFisher(let x): "empirical_fisher @ \(inner(x))"
                        case .jacobianTranspose(let x), .jacobianChain(let x): "transpose(jacobian) @ \(inner(x))"
                        }
                    return (term.factor, name)
                })
        case .combination(let terms, _):
            if terms.isEmpty { return "0" }
            return OperatorGraph.sum(
                terms.map { term in
                    (term.factor, (term.scalar.map { inner($0) + " * " } ?? "") + inner(term.value))
                })
        case .scalarProduct(let a, let b): return "\(inner(a)) * \(inner(b))"
        case .reciprocal(let a): return "1 / \(inner(a))"
        case .diagonalProduct(let d, let x): return "diag(\(text(d, depth: depth - 1))) @ \(inner(x))"
        case .denseProduct(let matrix, let isTransposed, let x):
            let matrix = "dense(\(text(matrix, depth: depth - 1)))"
            return "\(isTransposed ? "transpose(\(matrix))" : matrix) @ \(inner(x))"
        case .hole: return "x"
        case .kronecker(let step, let operands):
            return step.text { inner(operands[$0 < 0 ? operands.count + $0 : $0]) }
        case .ones: return "ones"
        case .curvatureDiagonal(let curvature): return "diagonal(\(curvature.text))"
        case .rootProduct(let root, let x): return "\(root.text) @ \(inner(x))"
        case .rootPullback(let root, let x): return "transpose(\(root.text)) @ \(inner(x))"
        case .exampleFactors(let root): return "inputs and output gradients of \(root.text)"
        case .outputKernel(let root, let shift, _):
            return "\(root.text) @ transpose(\(root.text))"
                + (shift == 0 ? "" : " + \(NumberText.text(of: shift)) * identity")
        case .columns(let parts): return "[" + parts.map { text($0, depth: depth - 1) }.joined(separator: ", ") + "]"
        case .columnRange(let x, let start):
            let count = kind(value).columns
            return inner(x) + "[\(start + 1)" + (count.map { "...\(start + $0)" } ?? "") + "]"
        case .iteration(let iteration):
            let map = iteration.maps.first.map { "x -> " + text($0.body, depth: depth - 1) } ?? ""
            switch iteration.task {
            case .nearestKronecker: return "nearest Kronecker products, of \(map)"
            case .dense(.factorize): return "factors of \(inner(iteration.arguments[0]))"
            case .dense(.logdet): return "logdet(\(inner(iteration.arguments[0])))"
            case .dense(.solve): return "inverse(\(inner(iteration.arguments[0]))) @ \(inner(iteration.arguments[2]))"
            case .solve: return "inverse(\(map)) @ \(inner(iteration.arguments[0]))"
            case .function(let function): return "\(function.name)(\(map)\(function.argumentsText))"
            case .eigenpairs(let options):
                return "eigenpairs(\(map)\(MatrixFunction.eigenvalues(options).argumentsText))"
            }
        case .elementary(let function, let operands):
            return function.text(operands.map { inner($0) })
        case .norm(let x): return "norm(\(text(x, depth: depth - 1)))"
        case .dot(let a, let b): return "dot(\(text(a, depth: depth - 1)), \(text(b, depth: depth - 1)))"
        }
    }

    private static func sum(_ terms: [(factor: Double, text: String)]) -> String {
        var result = ""
        for (index, term) in terms.enumerated() {
            let magnitude =
                abs(term.factor) == 1 ? term.text : "\(NumberText.text(of: abs(term.factor))) * \(term.text)"
            if index == 0 {
                result = (term.factor < 0 ? "-" : "") + magnitude
            } else {
                result += (term.factor < 0 ? " - " : " + ") + magnitude
            }
        }
        return result
    }
}
