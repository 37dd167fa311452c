/// What outer products of gradients are summed up: curvature that is Z^T Z, with a row of Z for each term of the loss and each cotangent of it.
package enum OuterProductCurvature: Hashable, Sendable {
    /// Exact, or with labels drawn from the model.
    case ggn(Sampling?)
    case empiricalFisher
}

extension OuterProductCurvature {
    /// The cotangents whose gradients are the rows of Z.
    var cotangents: KroneckerOptions {
        var options = KroneckerOptions()
        switch self {
        case .ggn(nil): options.fisher = .type2
        case .ggn(let sampling?):
            (options.fisher, options.samples, options.seed) = (.mc, sampling.samples, sampling.seed)
        case .empiricalFisher: options.fisher = .empirical
        }
        return options
    }

    /// How many each term has.
    func columnsPerTerm(_ shape: ProblemShape) -> Int {
        switch self {
        case .ggn(nil): shape.outputs
        case .ggn(let sampling?): sampling.samples
        case .empiricalFisher: 1
        }
    }

    /// How many each example has.
    func columnsPerExample(_ shape: ProblemShape) -> Int { shape.terms * columnsPerTerm(shape) }

    /// In the expression language.
    var text: String {
        switch self {
        case .ggn(nil): "ggn"
        case .ggn(let sampling?): "ggn(samples=\(sampling.samples), seed=\(sampling.seed))"
        case .empiricalFisher: "empirical_fisher"
        }
    }
}

extension Expression {
    /// What outer products it sums up; nil for anything but such a leaf.
    var outerProducts: OuterProductCurvature? {
        switch node {
        case .ggn(let samples, let seed): .ggn(samples.map { Sampling(samples: $0, seed: seed) })
        case .empiricalFisher: .empiricalFisher
        default: nil
        }
    }
}
