import Kernels

/// Right-hand sides in groups of the map's width, and the column operations that every solver is written with.
struct SolverBlocks {
    let rows: Int
    let width: Int
    let partials: Operand

    static func partials(_ rows: Int, _ width: Int, in layout: inout WorkspaceLayout) -> WorkspaceLayout.Block {
        layout.block(.float64, max(ColumnDots.partialCount(rows: rows, columns: width), 1))
    }

    var ones: [Double] { Array(repeating: 1, count: width) }
    var zeros: [Double] { Array(repeating: 0, count: width) }

    func dots(_ x: Operand, _ y: Operand) -> [Double] { ColumnDots.run(x, y, partials: partials) }

    /// Norms that neither overflow nor underflow where squares of float32 numbers in float64 cannot.
    func norms(_ x: Operand) -> [Double] { dots(x, x).map { $0.squareRoot() } }

    /// y = x diag(a) + y diag(b).
    func combine(_ a: [Double], _ x: Operand, _ b: [Double], _ y: Operand) { ColumnCombination.run(a, x, b, y) }

    /// Copies columns `group` of `blocks` to the first columns of `block`, and zeros to the others.
    func load(_ group: Range<Int>, of blocks: Operand, into block: Operand) {
        ColumnCombination.copy(blocks.columns(group), to: block.columns(0..<group.count))
        if group.count < width { ColumnCombination.clear(block.columns(group.count..<width)) }
    }

    func store(_ block: Operand, to group: Range<Int>, of blocks: Operand) {
        ColumnCombination.copy(block.columns(0..<group.count), to: blocks.columns(group))
    }

    /// Solves for the columns of `rightHandSides` group by group: each is loaded into `b`, and its solutions are taken from `x`.
    func eachGroup(
        of rightHandSides: Operand, into b: Operand, solutions: Operand, from x: Operand,
        _ solve: (Range<Int>, inout SolveReport) throws -> Void
    ) rethrows -> SolveReport {
        precondition(rightHandSides.sizes == solutions.sizes && rightHandSides.sizes[0] == rows)
        var report = SolveReport()
        for group in groups(of: rightHandSides.sizes[1]) {
            load(group, of: rightHandSides, into: b)
            try solve(group, &report)
            store(x, to: group, of: solutions)
        }
        return report
    }

    /// Ranges of at most `width` columns that make up `count`.
    func groups(of count: Int) -> [Range<Int>] {
        stride(from: 0, to: count, by: width).map { $0..<min($0 + width, count) }
    }
}

/// Throws unless right-hand sides are finite; a NaN would only show as a solve that does not converge.
func requireFinite(_ norms: [Double], firstColumn: Int, for task: String) throws {
    if let column = norms.firstIndex(where: { !$0.isFinite }) {
        throw ProblemError(
            .notFinite,
            "\(task): expected finite right-hand sides, found NaN or infinity in column \(firstColumn + column)")
    }
}
