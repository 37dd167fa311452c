extension Expression {
    /// (scale * K + shift * identity)^exponent with Kronecker-factored K, where an operator is just that: it has the eigenvectors of K. K may be a sum of
    /// KFACs that share their input factors.
    var spectralKronecker: (options: KroneckerOptions, function: SpectralFunction)? {
        func parts(_ expression: Expression, _ factor: Double) -> [(options: KroneckerOptions?, factor: Double)]? {
            switch expression.node {
            case .kfac(let options): return [(options, factor)]
            case .identity: return [(nil, factor)]
            case .transpose(let operand): return parts(operand, factor)
            case .scaled(let scale, let operand): return scale.number.flatMap { parts(operand, factor * $0) }
            case .quotient(let operand, let divisor): return divisor.number.flatMap { parts(operand, factor / $0) }
            case .sum(let operands):
                guard operands.count <= 16 else { return nil }
                var all: [(options: KroneckerOptions?, factor: Double)] = []
                for operand in operands {
                    guard let own = parts(operand, factor), all.count + own.count <= 64 else { return nil }
                    all += own
                }
                return all
            default: return nil
            }
        }
        guard depth < 64 else { return nil }
        switch node {
        case .transpose(let operand): return operand.spectralKronecker
        case .inverse(let operand, let options, nil) where options.solver == .auto:
            return operand.spectralKronecker.map { ($0.options, $0.function.inverse) }
        case .power(let operand, let exponent):
            guard var form = operand.spectralKronecker else { return nil }
            form.function.exponent *= exponent
            return form
        default: break
        }
        guard let parts = parts(self, 1), let first = parts.lazy.compactMap(\.options).first else { return nil }
        if parts.contains(where: { $0.options != nil && $0.options != first }) {
            // Of factors that are shared, and others that add up.
            let terms = parts.compactMap { part in
                part.options.map { KroneckerOptions.MixtureTerm(factor: part.factor, options: $0) }
            }
            let shift = parts.reduce(0) { $0 + ($1.options == nil ? $1.factor : 0) }
            return KroneckerOptions.mixture(terms).map { ($0, SpectralFunction(shift: shift)) }
        }
        var function = SpectralFunction(scale: 0, shift: 0)
        for part in parts {
            if part.options == nil { function.shift += part.factor } else { function.scale += part.factor }
        }
        return (first, function)
    }

    /// The Kronecker-factored operators in it.
    func kroneckerOptions(_ seen: inout Set<ObjectIdentifier>, _ found: inout Set<KroneckerOptions>) {
        guard seen.insert(ObjectIdentifier(self)).inserted else { return }
        switch node {
        case .kfac(let options), .dampedInverse(let options, _, _): found.insert(options)
        default: break
        }
        for operand in operands { operand.kroneckerOptions(&seen, &found) }
    }
}
