import Foundation

/// Inverses and determinants of scale * Z^T Z + shift * identity in output space, whose kernel matrix Z Z^T is smaller where terms and outputs are
/// fewer than parameters: the push-through identity, and Sylvester's.
extension OperatorGraph {
    /// Where a solver is left open: the rows that the kernel matrix may have, and the products with the operator that it may cost. Conjugate gradients
    /// take about as many at mild damping, and many more at a small one.
    private static let (mostRows, mostProducts) = (4096, 20)
    /// What the kernel matrix's own systems are solved to: the outer residual is made small by the outer iteration.
    private static let innerTolerance = 1e-8

    /// The solution by conjugate gradients with the inverse itself as preconditioner, (v - Z^T (Z Z^T + d)^-1 Z v) / d: one or two iterations, with the
    /// true residual of the operator's own products at their end. nil where the kernel matrix is not known, or not smaller.
    mutating func outputSpaceSolution(
        _ map: Expression, _ options: InverseOptions, _ x: Value, _ kind: Kind, _ known: inout [Expression: Value]
    ) -> Value? {
        guard let form = map.shiftedOuterProducts, let rows = kernelRows(form) else { return nil }
        if options.solver == .auto {
            guard choosesOutputSpace, rows <= Self.mostRows, isWorthItsKernel(form, rows) else { return nil }
            hasChosenOutputSpace = true
        }
        let kernel = kernel(form, rows)
        let factors = denseFactors(of: kernel)
        let hole = intern(.hole(depth: map.iterationDepth, kind), kind)
        let outer: Kind = kind.columns.map { .block(rows, $0) } ?? .vector(rows)
        let inner = intern(
            .iteration(
                Iteration(
                    task: .dense(.solve(tolerance: Self.innerTolerance)), maps: [],
                    arguments: [kernel, factors, intern(.rootProduct(form.root, hole), outer)])), outer)
        let back = intern(.rootPullback(form.root, inner), kind)
        let body = combination(
            [
                CombinationTerm(factor: 1 / form.shift, scalar: nil, value: hole),
                CombinationTerm(factor: -1 / form.shift, scalar: nil, value: back),
            ], kind)
        let solve = SolveOptions(
            solver: .cg, tolerance: options.tolerance,
            mostIterations: options.maxIterations ?? min(map.kind.shape[0], InverseOptions.defaultMostIterations),
            scale: 1, isPositiveDefinite: true)
        let maps = [
            Iteration.Map(hole: hole, body: apply(map, transposed: false, to: hole, &known)),
            Iteration.Map(hole: hole, body: body),
        ]
        let value = intern(.iteration(Iteration(task: .solve(solve), maps: maps, arguments: [x])), kind)
        let note = Rewrite(
            rule: "choose-solver", before: text(value, depth: 3),
            after:
                "solver=direct in output space: \(rows) x \(rows) in place of \(shape.parameters) x \(shape.parameters)"
        )
        if !choices.contains(note) { choices.append(note) }
        return value
    }

    /// log det(Z^T Z + d I) = (D - M) log d + log det(Z Z^T + d I).
    ///
    /// - Parameter isOpen: Whether another method may do.
    mutating func outputSpaceLogdet(_ map: Expression, isOpen: Bool) -> Value? {
        guard let form = map.shiftedOuterProducts, let rows = kernelRows(form),
            !isOpen || (choosesOutputSpace && rows <= Self.mostRows)
        else { return nil }
        if isOpen { hasChosenOutputSpace = true }
        let own = intern(
            .iteration(
                Iteration(task: .dense(.logdet(checksSymmetry: false)), maps: [], arguments: [kernel(form, rows)])),
            .scalar)
        let rest = Double(shape.parameters - rows) * log(form.shift)
        return combination(
            [
                CombinationTerm(factor: 1, scalar: nil, value: own),
                CombinationTerm(factor: rest, scalar: nil, value: intern(.number(1), .scalar)),
            ], .scalar)
    }

    /// Whether the kernel matrix and its decomposition cost no more than some products. Each sweep of a product multiplies every example's values with
    /// every parameter, at least once.
    private func isWorthItsKernel(_ form: ShiftedOuterProducts, _ rows: Int) -> Bool {
        let (n, m) = (Double(shape.examples), Double(rows))
        let perEntry = exampleFactors[form.root.curvature]!.pieces.reduce(0.0) { sum, piece in
            let outputs = Double(piece.outputs)
            guard let inputs = piece.inputs.map(Double.init) else { return sum + outputs }
            return sum + (piece.positions == 1 ? outputs + inputs * (n / m) * (n / m) : outputs * inputs)
        }
        let kernel = m * m * perEntry + m * m * m / 3
        let sweeps = 4.0
        return kernel <= Double(Self.mostProducts) * sweeps * 2 * n * Double(shape.parameters)
    }

    private mutating func kernel(_ form: ShiftedOuterProducts, _ rows: Int) -> Value {
        let width = exampleFactors[form.root.curvature]!.width
        let factors = intern(.exampleFactors(form.root), .vector(shape.examples * width))
        return intern(.outputKernel(form.root, shift: form.shift, factors), .block(rows, rows))
    }

    /// The kernel matrix's rows, where it is known and smaller than the operator.
    private func kernelRows(_ form: ShiftedOuterProducts) -> Int? {
        guard exampleFactors[form.root.curvature] != nil else { return nil }
        let rows = shape.examples * form.root.curvature.columnsPerExample(shape)
        return rows < shape.parameters ? rows : nil
    }
}

extension Expression {
    /// The curvature whose kernel matrices inverses and determinants in it may take.
    func outputKernels(_ found: inout Set<OuterProductCurvature>) {
        var seen: Set<ObjectIdentifier> = []
        func visit(_ expression: Expression) {
            guard seen.insert(ObjectIdentifier(expression)).inserted else { return }
            switch expression.node {
            case .inverse(let operand, let options, nil) where options.solver == .direct || options.solver == .auto:
                if let form = operand.shiftedOuterProducts { found.insert(form.root.curvature) }
            case .function(.logdet(let options), let operand) where options.isExact:
                if let form = operand.shiftedOuterProducts { found.insert(form.root.curvature) }
            default: break
            }
            for operand in expression.operands { visit(operand) }
        }
        visit(self)
    }
}

/// root^T root + shift * identity.
struct ShiftedOuterProducts {
    var root: OutputRoot
    var shift: Double
}

extension Expression {
    /// An operator of this form, with numbers above 0.
    var shiftedOuterProducts: ShiftedOuterProducts? {
        guard let (map, scale, shift) = shifted, let curvature = map.outerProducts, scale > 0, shift > 0,
            scale.isFinite, shift.isFinite
        else { return nil }
        return ShiftedOuterProducts(root: OutputRoot(curvature: curvature, scale: scale), shift: shift)
    }
}
