extension Quantity {
    func mapOperands(_ image: (Value) -> Value) -> Quantity {
        switch self {
        case .number, .tensor, .loss, .prediction, .hole, .ones, .curvatureDiagonal, .exampleFactors: self
        case .kronecker(let step, let operands): .kronecker(step, operands.map(image))
        case .pullback(let terms): .pullback(terms.map { $0.mapArgument(image) })
        case .weighedGradient(let terms): .weighedGradient(terms.map { $0.mapArgument(image) })
        case .jacobianProduct(let x): .jacobianProduct(image(x))
        case .rootProduct(let root, let x): .rootProduct(root, image(x))
        case .rootPullback(let root, let x): .rootPullback(root, image(x))
        case .outputKernel(let root, let shift, let x): .outputKernel(root, shift: shift, image(x))
        case .combination(let terms, let kind):
            .combination(
                terms.map {
                    CombinationTerm(factor: $0.factor, scalar: $0.scalar.map(image), value: image($0.value))
                }, kind)
        case .scalarProduct(let a, let b): .scalarProduct(image(a), image(b))
        case .reciprocal(let a): .reciprocal(image(a))
        case .diagonalProduct(let d, let x): .diagonalProduct(image(d), image(x))
        case .denseProduct(let matrix, let isTransposed, let x):
            .denseProduct(image(matrix), isTransposed: isTransposed, image(x))
        case .norm(let x): .norm(image(x))
        case .dot(let a, let b): .dot(image(a), image(b))
        case .columns(let parts): .columns(parts.map(image))
        case .elementary(let function, let operands): .elementary(function, operands.map(image))
        case .columnRange(let x, let start): .columnRange(image(x), from: start)
        case .iteration(let iteration):
            .iteration(
                Iteration(
                    task: iteration.task,
                    maps: iteration.maps.map { Iteration.Map(hole: $0.hole, body: image($0.body)) },
                    arguments: iteration.arguments.map(image)))
        }
    }
}

extension PullbackTerm {
    func mapArgument(_ image: (Value) -> Value) -> PullbackTerm {
        guard let argument else { return self }
        return PullbackTerm(factor: factor, source: source.replacing(argument: image(argument)))
    }
}
