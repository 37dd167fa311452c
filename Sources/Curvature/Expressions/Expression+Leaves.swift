/// Leaves: what an expression starts from. Their kinds follow from the problem's sizes.
extension Expression {
    package static func number(_ value: Double) throws(KindError) -> Expression {
        try number(value, from: "a number")
    }

    /// The outcome of arithmetic on numbers, `subject` the operation.
    static func number(_ value: Double, from subject: String) throws(KindError) -> Expression {
        guard value.isFinite else {
            throw KindError(subject, needs: "a value in the range of a 64-bit float", found: "\(value)")
        }
        return Expression(.number(value), checked: .scalar)
    }

    package static func loss() -> Expression { Expression(.loss, checked: .scalar) }

    package static func gradient(_ shape: ProblemShape) -> Expression {
        Expression(.gradient, checked: .vector(shape.parameters))
    }

    package static func prediction(_ shape: ProblemShape) -> Expression {
        Expression(.prediction, checked: .tensor(shape.predictionShape))
    }

    package static func hessian(_ shape: ProblemShape) -> Expression {
        Expression(.hessian, checked: shape.parameterOperator)
    }

    /// - Parameter samples: Labels drawn for each loss term, 1 or more; nil for the exact operator, which has no seed.
    package static func ggn(
        samples: Int? = nil, seed: UInt64 = 0, _ shape: ProblemShape
    ) throws(KindError) -> Expression {
        if let samples, samples < 1 {
            throw KindError("'samples'", needs: "a whole number from 1", found: "\(samples)")
        }
        return Expression(.ggn(samples: samples, seed: samples == nil ? 0 : seed), checked: shape.parameterOperator)
    }

    package static func empiricalFisher(_ shape: ProblemShape) -> Expression {
        Expression(.empiricalFisher, checked: shape.parameterOperator)
    }

    package static func jacobian(_ shape: ProblemShape) -> Expression {
        Expression(.jacobian, checked: .operator(rows: shape.outputEntries, columns: shape.parameters))
    }

    /// Kronecker-factored curvature of any form.
    package static func kfac(_ options: KroneckerOptions, _ shape: ProblemShape) throws(KindError) -> Expression {
        let name = "'\(options.form.rawValue)'"
        if options.form != .kfac, options.fisher == .forwardOnly {
            throw KindError(
                name, needs: "output gradients: fisher=type2, mc or empirical", found: "fisher=forward_only")
        }
        if options.form == .kfoc, options.weightSharing != .expand {
            throw KindError(
                name, needs: "weight_sharing=expand", found: "weight_sharing=\(options.weightSharing.rawValue)")
        }
        if options.samples < 1 {
            throw KindError("'samples'", needs: "a whole number from 1", found: "\(options.samples)")
        }
        var options = options
        // What draws nothing has no seed.
        if options.fisher != .mc { (options.samples, options.seed) = (1, 0) }
        return Expression(.kfac(options), checked: shape.parameterOperator)
    }

    package static func identity(_ size: Int) -> Expression {
        Expression(.identity(size), checked: .operator(rows: size, columns: size))
    }

    /// A tensor that the user supplies when the plan runs.
    package static func tensor(_ name: String, shape: [Int]) throws(KindError) -> Expression {
        guard let kind = Kind(tensorShape: shape) else {
            let sizes = shape.map(String.init).joined(separator: ", ")
            throw KindError(
                "an expression", needs: "a tensor of shape (), (n) or (n, k)",
                found: "\(OneLine.quoted(name)) of shape (\(sizes))")
        }
        return Expression(.tensor(name), checked: kind)
    }
}

extension ProblemShape {
    fileprivate var parameterOperator: Kind { .operator(rows: parameters, columns: parameters) }
}
