/// What a problem's expressions start from. Costs are in forward sweeps of a deep network of linear layers.
extension Problem {
    /// The loss over all data, scaled as its reduction says. 1 sweep.
    public var lossValue: Scalar { Scalar(lazy: LazyExpression(.loss(), problem: self)) }
    /// The loss's gradient in the selected parameters, (D). 3 sweeps.
    public var gradient: Vector { Vector(lazy: LazyExpression(.gradient(shape), problem: self)) }
    /// The network's predictions, (N, ..., C). 1 sweep.
    public var prediction: Prediction { Prediction(lazy: LazyExpression(.prediction(shape), problem: self)) }

    /// The loss's second derivatives, D x D. 8 sweeps for a product (Pearlmutter 1994).
    public var hessian: LinearOperator { LinearOperator(lazy: LazyExpression(.hessian(shape), problem: self)) }
    /// The generalized Gauss-Newton matrix J^T H J with the loss's own Hessian H at the outputs, D x D. 5 sweeps for a product
    /// (Schraudolph 2002).
    public var ggn: LinearOperator { ggn(samples: nil, seed: 0) }
    /// The same from labels drawn from the network's predictions, whose mean over seeds it is.
    ///
    /// - Parameters:
    ///   - samples: for each loss term; 1 or more.
    ///   - seed: Draws depend on it, the example, the term and the sample, and on nothing else.
    public func ggn(samples: Int, seed: UInt64 = 0) -> LinearOperator { ggn(samples: .some(samples), seed: seed) }
    /// The Fisher information: for the losses there are, the generalized Gauss-Newton matrix.
    public var fisher: LinearOperator { ggn }
    /// The Fisher information from sampled labels; see ``ggn(samples:seed:)``.
    public func fisher(samples: Int, seed: UInt64 = 0) -> LinearOperator { ggn(samples: samples, seed: seed) }
    /// The sum of outer products of the loss terms' own gradients, D x D, with the loss's scaling. 5 sweeps for a product, 4 where
    /// each example has one term. Not the Fisher information: Kunstner et al. 2019, arXiv:1905.12558.
    public var empiricalFisher: LinearOperator {
        LinearOperator(lazy: LazyExpression(.empiricalFisher(shape), problem: self))
    }
    /// All predictions' derivatives, N*T*C x D, rows in row-major order of (example, term, output).
    public var jacobian: LinearOperator { LinearOperator(lazy: LazyExpression(.jacobian(shape), problem: self)) }
    /// D x D. ``LinearOperator/identity`` has the size of what it stands beside.
    public var identity: LinearOperator {
        LinearOperator(lazy: LazyExpression(.identity(shape.parameters), problem: self))
    }

    private func ggn(samples: Int?, seed: UInt64) -> LinearOperator {
        LinearOperator(
            lazy: LazyExpression(self) { () throws(KindError) in try .ggn(samples: samples, seed: seed, shape) })
    }
}
