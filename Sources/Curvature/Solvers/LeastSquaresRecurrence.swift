/// The scalars of one column of LSMR: two interleaved QR factorizations of the bidiagonal matrix, and the norms of the
/// residual and of A^T r that follow from them without a product. Names follow the paper (no damping).
struct LeastSquaresRecurrence {
    /// Of the bidiagonalization, the last one.
    var alpha: Double
    private let norm: Double
    private(set) var squaredOperatorNorm: Double

    private var alphaBar: Double
    private var zetaBar: Double
    private var rho = 1.0
    private var rhoBar = 1.0
    private var cosineBar = 1.0
    private var sineBar = 0.0
    private var zeta = 0.0

    // For the residual's norm.
    private var betaDoubleDot: Double
    private var betaDot = 0.0
    private var rhoDot = 1.0
    private var tauTilde = 0.0
    private var thetaTilde = 0.0
    private(set) var residualNorm: Double

    init(beta: Double, alpha: Double, normOfRightHandSide: Double) {
        self.alpha = alpha
        norm = normOfRightHandSide
        (alphaBar, zetaBar) = (alpha, alpha * beta)
        squaredOperatorNorm = alpha * alpha
        (betaDoubleDot, residualNorm) = (beta, beta)
    }

    var relativeResidual: Double { residualNorm / norm }

    /// norm(A^T r) / (norm(A) norm(r)).
    var optimality: Double {
        residualNorm == 0 ? 0 : abs(zetaBar) / (squaredOperatorNorm.squareRoot() * residualNorm)
    }

    /// One step with the next coefficients of the bidiagonalization. `back` multiplies the old h bar, `step` is the length
    /// along the new one, `next` multiplies the old h.
    mutating func advance(beta: Double, alpha: Double) -> (back: Double, step: Double, next: Double) {
        let (oldRho, oldRhoBar, oldZeta) = (rho, rhoBar, zeta)
        let first = Rotation(alphaBar, beta)
        rho = first.length
        let theta = first.sine * alpha
        alphaBar = first.cosine * alpha

        let thetaBar = sineBar * rho
        let second = Rotation(cosineBar * rho, theta)
        (cosineBar, sineBar, rhoBar) = (second.cosine, second.sine, second.length)
        zeta = cosineBar * zetaBar
        zetaBar = -sineBar * zetaBar

        let betaHat = first.cosine * betaDoubleDot
        betaDoubleDot = -first.sine * betaDoubleDot
        let oldThetaTilde = thetaTilde
        let third = Rotation(rhoDot, thetaBar)
        thetaTilde = third.sine * rhoBar
        rhoDot = third.cosine * rhoBar
        betaDot = -third.sine * betaDot + third.cosine * betaHat
        tauTilde = (oldZeta - oldThetaTilde * tauTilde) / third.length
        let tauDot = (zeta - thetaTilde * tauTilde) / rhoDot
        let gap = betaDot - tauDot
        residualNorm = (gap * gap + betaDoubleDot * betaDoubleDot).squareRoot()

        squaredOperatorNorm += beta * beta + alpha * alpha
        return (thetaBar * rho / (oldRho * oldRhoBar), zeta / (rho * rhoBar), theta / rho)
    }

    /// The rotation that takes (a, b) to (length, 0).
    private struct Rotation {
        let cosine, sine, length: Double

        init(_ a: Double, _ b: Double) {
            length = (a * a + b * b).squareRoot()
            (cosine, sine) = length == 0 ? (1, 0) : (a / length, b / length)
        }
    }
}
