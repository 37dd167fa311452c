import Kernels

/// Some eigenvalues and eigenvectors of a symmetric operator by block Lanczos with full reorthogonalization and thick restarts: when the basis is full, the
/// best Ritz vectors are kept and the process goes on behind them.
///
/// Convergence is judged by residual norms. A block of several columns finds repeated eigenvalues, up to the width in one
/// sweep.
///
/// Wu and Simon, "Thick-restart Lanczos method for large symmetric eigenvalue problems", 2000.
package final class ThickRestartLanczos {
    package struct Options: Equatable, Sendable {
        package var count: Int
        package var end: SpectrumEnd
        /// Of residual norms, relative to the eigenvalue (but never below the rounding of the largest one).
        package var tolerance: Double
        package var maximumRestarts: Int
        /// Columns of the basis; nil: from the count and the map's width.
        package var basisSize: Int?
        /// Keeps the basis in float64 although products are in float32.
        package var float64Basis: Bool
        package var seed: UInt64
        /// Whether a matrix may not be symmetric: one that is there is looked at.
        package var checksSymmetry = false

        package init(
            count: Int = 6, end: SpectrumEnd = .largestMagnitude, tolerance: Double = 1e-5, maximumRestarts: Int = 300,
            basisSize: Int? = nil, float64Basis: Bool = false, seed: UInt64 = 0
        ) {
            (self.count, self.end, self.tolerance) = (count, end, tolerance)
            (self.maximumRestarts, self.basisSize) = (maximumRestarts, basisSize)
            (self.float64Basis, self.seed) = (float64Basis, seed)
        }

        /// Columns of the basis for blocks of `width`. It takes several blocks beyond what restarts keep to filter with
        /// polynomials of some degree.
        func basisSize(width: Int) -> Int {
            let least = count + 2 * width
            return max(basisSize ?? max(2 * count + 2 * width, count + 20, count + 8 * width), least)
        }
    }

    /// Whether materializing is the better way: the operator is small, or the basis would be most of the space.
    package static func prefersDense(size: Int, width: Int, options: Options) -> Bool {
        size <= 256 || options.basisSize(width: width) + width > size / 2
    }

    private let map: any LinearMap
    private let options: Options
    private let capacity: Int
    let workspace: Workspace
    private let blocks: SolverBlocks
    /// (n, capacity).
    private let basis: Operand
    private let panelRoom: Operand
    private let x: Operand
    private let y: Operand
    private let projection: Operand
    private let ritzValues: Operand
    private var orthonormalization: BlockOrthonormalization

    package init(_ map: any LinearMap, options: Options = .init()) throws {
        let task = "eigenvalues"
        try requirePositive(options.tolerance, "tolerance", for: task)
        try requireCount(options.count, of: map, for: task)
        guard options.maximumRestarts >= 0 else {
            throw ProblemError(
                .options, "\(task): expected max_iterations of at least 0, found \(options.maximumRestarts)")
        }
        capacity = options.basisSize(width: map.width)
        precondition(capacity + map.width <= map.rows, "a basis of \(capacity) of \(map.rows): use DenseSpectrum")
        (self.map, self.options) = (map, options)
        let layout = Layout(map.rows, map.width, map.storage, options)
        workspace = Workspace(layout.whole)
        blocks = SolverBlocks(rows: map.rows, width: map.width, partials: workspace[layout.partials])
        (basis, panelRoom) = (workspace[layout.basis], workspace[layout.panel])
        (x, y) = (workspace[layout.x], workspace[layout.y])
        (projection, ritzValues) = (workspace[layout.projection], workspace[layout.values])
        orthonormalization = BlockOrthonormalization(layout.orthonormalization, in: workspace, seed: options.seed)
    }

    /// What an object of this class allocates.
    package static func workspaceBytes(size: Int, width: Int, storage: Storage, options: Options) -> Int {
        Layout(size, width, storage, options).whole.byteCount
    }

    private struct Layout {
        var whole = WorkspaceLayout()
        let basis, panel, x, y, projection, values, partials: WorkspaceLayout.Block
        let orthonormalization: BlockOrthonormalization.Layout

        init(_ size: Int, _ width: Int, _ storage: Storage, _ options: Options) {
            let capacity = options.basisSize(width: width)
            basis = whole.block(options.float64Basis ? .float64 : storage, size, capacity)
            panel = whole.block(.float64, size, width)
            x = whole.block(storage, size, width)
            y = whole.block(storage, size, width)
            projection = whole.block(.float64, capacity, capacity)
            values = whole.block(.float64, capacity)
            partials = SolverBlocks.partials(size, width, in: &whole)
            orthonormalization = BlockOrthonormalization.Layout(
                size: size, capacity: capacity, width: width, in: &whole)
        }
    }

    /// - Parameter vectors: (n, count); one eigenvector in each column.
    /// - Throws: what the map throws, `CancellationError`, and an error where a product is not finite.
    package func run(vectors: Operand? = nil, monitor: IterationMonitor = .init()) throws -> Eigenpairs {
        let (size, width) = (map.rows, map.width)
        var applications = 0
        orthonormalization.reset()
        // The next block to go into the basis, orthonormal to it.
        var panel = panelRoom
        ProbeBlock.fill(
            panel, .gaussian, seed: options.seed, purpose: ProbePurpose.start.rawValue, first: 0)
        _ = try orthonormalization.run(panel, against: basis.columns(0..<0))
        var filled = 0
        // V^T A V, and R of the last block: A V = V T + Q [0 R].
        var t = SmallMatrix(capacity, capacity)
        var coupling = SmallMatrix(width, width)
        var restarts = 0
        while true {
            // Blocks of the whole width, so that Q R always belongs to the last of them.
            while filled + width <= capacity {
                ColumnCombination.copy(panel, to: basis.columns(filled..<filled + width))
                ColumnCombination.copy(panel, to: x)
                try map.apply(x, into: y)
                applications += 1
                ColumnCombination.copy(y, to: panel)
                guard blocks.dots(y, y).allSatisfy(\.isFinite) else {
                    throw ProblemError(.notFinite, "eigenvalues: a product with the operator is NaN or infinite")
                }
                let next = filled + width
                let (h, r) = try orthonormalization.run(panel, against: basis.columns(0..<next))
                for i in 0..<next {
                    for j in 0..<width { (t[i, filled + j], t[filled + j, i]) = (h[i, j], h[i, j]) }
                }
                for i in 0..<width {
                    for j in 0..<i {
                        let mean = (h[filled + i, j] + h[filled + j, i]) / 2
                        (t[filled + i, filled + j], t[filled + j, filled + i]) = (mean, mean)
                    }
                }
                (coupling, filled) = (r, next)
            }
            let ritz = try ritzPairs(t, filled)
            let order = options.end.order(ritz.values)
            // norm(A V s - V s theta) = norm(R times the last block of s).
            let residuals = order.map { number in
                let last = (0..<width).map { ritz.vectors[number, filled - width + $0] }
                let image = coupling * last
                return dot(image, image).squareRoot()
            }
            let largest = ritz.values.map(abs).max() ?? 0
            let wanted = 0..<options.count
            let open = wanted.filter { residuals[$0] > threshold(ritz.values[order[$0]], largest) }
            // As they are judged: relative to what each is allowed.
            let excess =
                wanted.map { residuals[$0] / max(threshold(ritz.values[order[$0]], largest), .leastNormalMagnitude) }
                .max() ?? 0
            try monitor.report(applications, excess * options.tolerance)
            if open.isEmpty || restarts == options.maximumRestarts {
                let best = Array(order.prefix(options.count))
                return try finish(
                    best.map { ritz.values[$0] }, rotation(ritz.vectors, best), &applications, restarts, largest,
                    vectors)
            }
            // Half of the room beyond the count: more directions to filter with, and room for whole blocks.
            let spare = (filled - options.count - width) / 2
            let kept = Array(order.prefix(options.count + max(min(spare, filled - width - options.count), 0)))
            BlockProducts.multiplyInPlace(basis.columns(0..<filled), rotation(ritz.vectors, kept), projection)
            t = SmallMatrix(capacity, capacity)
            for (place, number) in kept.enumerated() { t[place, place] = ritz.values[number] }
            filled = kept.count
            restarts += 1
            panel = panelRoom
            precondition(size >= filled + width)
        }
    }

    /// Eigenvectors in rows.
    private func ritzPairs(_ t: SmallMatrix, _ order: Int) throws -> (values: [Double], vectors: SmallMatrix) {
        let square = Operand(address: projection.address, storage: .float64, sizes: [order, order])
        let values = Operand(address: ritzValues.address, storage: .float64, sizes: [order])
        square.fill((0..<order * order).map { t[$0 / order, $0 % order] })
        try LAPACK.symmetricEigen(square, values: values)
        return (values.doubles, SmallMatrix(order, order, square.doubles))
    }

    /// The chosen rows as columns.
    private func rotation(_ rows: SmallMatrix, _ chosen: [Int]) -> SmallMatrix {
        var result = SmallMatrix(rows.columns, chosen.count)
        for (place, number) in chosen.enumerated() { for i in 0..<rows.columns { result[i, place] = rows[number, i] } }
        return result
    }

    /// What a residual may be: relative to the eigenvalue, but rounding of the largest one is in every product.
    private func threshold(_ value: Double, _ largest: Double) -> Double {
        let rounding = map.storage == .float32 ? Double(Float.ulpOfOne) : Double.ulpOfOne
        return max(options.tolerance * max(abs(value), rounding.squareRoot() * largest), 8 * rounding * largest)
    }

    /// Eigenvectors, and their residuals by products.
    private func finish(
        _ values: [Double], _ rotation: SmallMatrix, _ applications: inout Int, _ restarts: Int, _ largest: Double,
        _ vectors: Operand?
    ) throws -> Eigenpairs {
        var residuals: [Double] = []
        let active = basis.columns(0..<rotation.rows)
        for group in blocks.groups(of: values.count) {
            var part = SmallMatrix(rotation.rows, group.count)
            for i in 0..<rotation.rows { for (j, number) in group.enumerated() { part[i, j] = rotation[i, number] } }
            ColumnCombination.clear(x)
            orthonormalization.combine(active, part, into: x.columns(0..<group.count))
            try map.apply(x, into: y)
            applications += 1
            if let vectors { blocks.store(x, to: group, of: vectors) }
            let shifts = group.map { -values[$0] } + Array(repeating: 0, count: map.width - group.count)
            blocks.combine(shifts, x, blocks.ones, y)
            residuals += blocks.norms(y).prefix(group.count)
        }
        // Vectors and products were rounded once more.
        let converged = zip(values, residuals).map { $1 <= 2 * threshold($0, largest) }
        return Eigenpairs(
            values: values, residuals: residuals, converged: converged, applications: applications, restarts: restarts)
    }
}

extension BlockProducts {
    /// The first columns of `x` become x c, row by row; `room` holds c.
    fileprivate static func multiplyInPlace(_ x: Operand, _ c: SmallMatrix, _ room: Operand) {
        precondition(c.values.count <= room.count)
        let operand = Operand(address: room.address, storage: .float64, sizes: [c.rows, c.columns])
        operand.fill(c.values)
        BlockProducts.multiply(x, operand, into: x.columns(0..<c.columns))
    }
}
