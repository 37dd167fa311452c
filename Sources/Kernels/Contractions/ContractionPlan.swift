/// How a contraction of two strided operands runs: which labels become the matrix that one BLAS call
/// multiplies, which are loops around the call, and which operands are copied into a better layout first.
///
/// All ways to choose are compared by a model of their time with fixed constants, so that the
/// choice depends on sizes and strides alone.
struct ContractionPlan {
    enum Method {
        /// C = op(A) op(B) for each index of the loops.
        case matrixMatrix
        /// c = op(A) b.
        case matrixVector
        /// `vector` runs along an axis of the output; the other axes are loops.
        case elementwise
        /// `vector` runs along a contracted axis: each element of the output is an inner product.
        case innerProduct
    }

    /// A matrix in row-major order, or the transpose of one.
    struct Matrix {
        var transposed = false
        var leading = 1
    }

    var method: Method
    /// The two inputs have changed places, so that the output's matrix is row-major.
    var exchanged = false
    /// After `exchanged`; strides of copied operands are those of the copy.
    var row: ContractionAxis?
    var column: ContractionAxis?
    var contracted: ContractionAxis?
    var vector: ContractionAxis?
    /// Loops over the output, outermost first.
    var loops: [ContractionAxis] = []
    /// Loops over contracted axes: run in order within a task.
    var sums: [ContractionAxis] = []
    var lhs = Matrix()
    var rhs = Matrix()
    var leadingOutput = 1
    /// Operands that are copied, with the order of the labels in the copy. Before `exchanged`.
    var copied: [(position: ContractionPosition, members: [Int])] = []
    /// Modelled nanoseconds.
    var cost = Double.infinity

    var m: Int { row?.size ?? 1 }
    var n: Int { column?.size ?? 1 }
    var k: Int { contracted?.size ?? 1 }
    var loopCount: Int { loops.reduce(1) { $0 * $1.size } }
    var sumCount: Int { sums.reduce(1) { $0 * $1.size } }
    /// Operations for each index of `loops`.
    var flopsOfLoop: Int {
        let vectorSize = vector?.size ?? 1
        return 2 * m * n * k * vectorSize * sumCount
    }
}

extension ContractionPlan {
    /// The cheapest of the plans that are `allowed` (all are, but tests ask for particular ones); without any, one of
    /// infinite cost. `axes` have sizes above 1 and are not merged.
    static func cheapest(
        _ axes: [ContractionAxis], storage: Storage, accumulate: Bool,
        where allowed: (ContractionPlan) -> Bool = { _ in true }
    ) -> ContractionPlan {
        var best = ContractionPlan(method: .elementwise)
        let width = Double(storage.byteCount) / 4
        // Copy nothing first: most contractions need no copies, and then the rest is cut short by the cost of copying.
        for choice in [0, 1, 2, 4, 3, 5, 6, 7] {
            let copied = ContractionPosition.allCases.filter { choice & (1 << $0.rawValue) != 0 }
            let kept = ContractionPosition.allCases.filter { choice & (1 << $0.rawValue) == 0 }
            let copyCost = copied.reduce(0.0) { cost, position in
                let count = axes.reduce(1.0) { $0 * ($1.occurs(in: position) ? Double($1.size) : 1) }
                let times = position == .output ? (accumulate ? 2.0 : 1.0) : 1.0
                return cost + times * (500 + 0.6 * width * count)
            }
            if copyCost >= best.cost { continue }
            let merged = ContractionAxis.merged(axes, positions: kept)
            let rows = merged.filter { $0.role == .row }.map(Optional.some) + [nil]
            let columns = merged.filter { $0.role == .column }.map(Optional.some) + [nil]
            for contracted in merged where contracted.role == .contracted {
                for row in rows {
                    for column in columns where row != nil || column != nil {
                        let plan = matrixPlan(
                            merged, row: row, column: column, contracted: contracted, copied: copied, width: width)
                        if var plan, plan.cost + copyCost < best.cost, allowed(plan) {
                            plan.cost += copyCost
                            best = plan
                        }
                    }
                }
            }
            // Loops run over any strides.
            if copied.isEmpty {
                for plan in vectorPlans(merged, width: width) where plan.cost < best.cost && allowed(plan) {
                    best = plan
                }
            }
        }
        return best
    }

    /// Nil if some operand's strides do not allow it.
    private static func matrixPlan(
        _ axes: [ContractionAxis], row: ContractionAxis?, column: ContractionAxis?, contracted: ContractionAxis,
        copied: [ContractionPosition], width: Double
    ) -> ContractionPlan? {
        let chosen = [row, column, contracted].compactMap { $0?.members }
        var loops = axes.filter { !chosen.contains($0.members) }
        var matrixAxes = [row, column, contracted]
        var plan = ContractionPlan(method: .matrixMatrix)

        for position in copied {
            // Loops outside, the matrix inside, and of its two axes that one last which is closer together already.
            let outer = loops.indices.filter { loops[$0].occurs(in: position) }
            var inner = matrixAxes.indices.filter { matrixAxes[$0]?.occurs(in: position) ?? false }
            if inner.count == 2,
                distance(matrixAxes[inner[0]]!, position) < distance(matrixAxes[inner[1]]!, position)
            {
                inner.reverse()
            }
            plan.copied.append(
                (position, outer.flatMap { loops[$0].members } + inner.flatMap { matrixAxes[$0]!.members }))
            var stride = 1
            for place in inner.reversed() {
                matrixAxes[place]!.setStride(in: position, to: stride)
                stride *= matrixAxes[place]!.size
            }
            for place in outer.reversed() {
                loops[place].setStride(in: position, to: stride)
                stride *= loops[place].size
            }
        }
        (plan.row, plan.column, plan.contracted) = (matrixAxes[0], matrixAxes[1], matrixAxes[2])
        plan.loops = loops.filter { $0.role != .contracted }
        plan.sums = loops.filter { $0.role == .contracted }

        guard let output = matrix(plan.row, plan.column, in: .output) else { return nil }
        // BLAS writes row-major matrices: a transposed output is the product the other way round. A product with
        // one vector has it on the right.
        if output.transposed || plan.row == nil { plan.exchange() }
        guard let output = matrix(plan.row, plan.column, in: .output), !output.transposed,
            let lhs = matrix(plan.row, plan.contracted, in: .lhs),
            let rhs = matrix(plan.contracted, plan.column, in: .rhs)
        else { return nil }
        (plan.lhs, plan.rhs, plan.leadingOutput) = (lhs, rhs, output.leading)
        if plan.column == nil { plan.method = .matrixVector }

        let (m, n, k) = (Double(plan.m), Double(plan.n), Double(plan.k))
        let call: Double
        if plan.method == .matrixVector {
            call = 80 + 0.05 * width * (m * k + m + k)
        } else {
            let padded = Double((plan.m + 3) / 4 * 4) * Double((plan.n + 3) / 4 * 4)
            call = 180 + width * (padded * k / 42 + 0.12 * (m * k + k * n) + 0.15 * m * n)
        }
        plan.cost = call * Double(plan.loopCount) * Double(plan.sumCount)
        return plan
    }

    private mutating func exchange() {
        exchanged.toggle()
        (row, column) = (column?.exchanged, row?.exchanged)
        contracted = contracted?.exchanged
        loops = loops.map(\.exchanged)
        sums = sums.map(\.exchanged)
    }

    private static func distance(_ axis: ContractionAxis, _ position: ContractionPosition) -> Int {
        abs(axis.stride(in: position))
    }

    /// Nil if BLAS cannot read it: neither dimension has stride 1, or rows overlap.
    private static func matrix(
        _ row: ContractionAxis?, _ column: ContractionAxis?, in position: ContractionPosition
    ) -> Matrix? {
        let (rows, columns) = (row?.size ?? 1, column?.size ?? 1)
        guard rows <= Int(Int32.max), columns <= Int(Int32.max) else { return nil }
        let rowStride = row?.stride(in: position) ?? columns
        let columnStride = column?.stride(in: position) ?? 1
        guard rowStride > 0, columnStride > 0 else { return nil }
        guard rowStride <= Int(Int32.max), columnStride <= Int(Int32.max) else { return nil }
        if columnStride == 1, rowStride >= columns { return Matrix(transposed: false, leading: rowStride) }
        if row == nil { return Matrix(transposed: true, leading: columnStride) }
        if rowStride == 1, columnStride >= rows { return Matrix(transposed: true, leading: columnStride) }
        return nil
    }

    private static func vectorPlans(_ axes: [ContractionAxis], width: Double) -> [ContractionPlan] {
        let total = axes.reduce(1.0) { $0 * Double($1.size) }
        var candidates: [ContractionAxis?] = axes.map { $0 }
        if candidates.isEmpty { candidates = [nil] }
        return candidates.map { vector in
            var plan = ContractionPlan(method: vector?.role == .contracted ? .innerProduct : .elementwise)
            plan.vector = vector
            let others = axes.filter { $0.members != vector?.members }
            plan.loops = others.filter { $0.role != .contracted }
            // The longest sum inside: it is a loop in C.
            plan.sums = others.filter { $0.role == .contracted }.sorted { $0.size < $1.size }
            let size = Double(vector?.size ?? 1)
            // Nanoseconds for each element of the vector: strided, both inputs read, or one scaled in registers.
            var element = 1.2
            if let vector, vector.role == .contracted {
                if vector.lhs == 1, vector.rhs == 1 { element = 0.1 }
            } else if let vector, vector.output == 1, min(vector.lhs, vector.rhs) >= 0 {
                if vector.lhs == 1, vector.rhs == 1 { element = 0.1 }
                // It stays cheap as long as all terms fit the first-level cache.
                let terms = plan.sums.last.map { Double($0.size) } ?? 1
                if vector.lhs + vector.rhs == 1 { element = terms * size * width < 4096 ? 0.025 : 0.1 }
            }
            if element > 1, let vector {
                let reach = max(abs(vector.lhs), abs(vector.rhs), abs(vector.output))
                if Double(reach) * size * width > 4096 { element = 3 }
            }
            // The largest loop inside runs in C, unless the last, which goes best through memory, is long enough.
            if let last = plan.loops.last, last.size < 16,
                let largest = plan.loops.indices.max(by: { plan.loops[$0].size < plan.loops[$1].size })
            {
                plan.loops.append(plan.loops.remove(at: largest))
            }
            let calls = plan.loops.dropLast().reduce(1.0) { $0 * Double($1.size) }
            let written = vector?.role == .contracted ? 1 : size
            plan.cost =
                30 + 15 * calls + Double(plan.loopCount) * (4 + 0.08 * width * written)
                + total / size * (0.8 + size * width * element)
            return plan
        }
    }
}
