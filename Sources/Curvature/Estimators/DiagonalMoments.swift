import Kernels

/// Sums and sums of squares of samples of a diagonal, beside a part that is the same for all samples.
struct DiagonalMoments {
    struct Layout {
        let base, sums, squares, partials: WorkspaceLayout.Block

        init(_ size: Int, in layout: inout WorkspaceLayout) {
            base = layout.block(.float64, size, 1)
            sums = layout.block(.float64, size, 1)
            squares = layout.block(.float64, size, 1)
            partials = SolverBlocks.partials(size, 1, in: &layout)
        }
    }

    let base: Operand
    let sums: Operand
    let squares: Operand
    private let blocks: SolverBlocks

    init(_ layout: Layout, in workspace: Workspace) {
        (base, sums, squares) = (workspace[layout.base], workspace[layout.sums], workspace[layout.squares])
        blocks = SolverBlocks(rows: base.sizes[0], width: 1, partials: workspace[layout.partials])
    }

    func clear() {
        for block in [base, sums, squares] { ColumnCombination.clear(block) }
    }

    /// norm(standard errors) / norm(diagonal).
    func relativeError(samples: Int) -> Double {
        guard samples > 1 else { return .infinity }
        let count = Double(samples)
        // norm(errors)^2 = (sum of squares - count mean^2) / (count (count - 1)), summed over elements.
        let ones = blocks.dots(sums, sums)[0]
        let total = total(squares)
        let errors = max(total - ones / count, 0) / (count * (count - 1))
        let norm =
            blocks.dots(base, base)[0] + 2 * blocks.dots(base, sums)[0] / count + ones / (count * count)
        return errors == 0 ? 0 : (errors / max(norm, .leastNormalMagnitude)).squareRoot()
    }

    private func total(_ x: Operand) -> Double {
        x.withMutableSpan(of: Double.self) { span in
            var sum = 0.0
            for i in 0..<span.count { sum += span[i] }
            return sum
        }
    }

    /// Writes base + mean and the standard errors; the sums are not to be used afterwards.
    func finish(samples: Int, diagonal: Operand, standardErrors: Operand) {
        let count = Double(samples)
        sums.withMutableSpan(of: Double.self) { sums in
            squares.withMutableSpan(of: Double.self) { squares in
                base.withMutableSpan(of: Double.self) { base in
                    for i in 0..<sums.count {
                        let mean = sums[i] / count
                        let variance = max(squares[i] - count * mean * mean, 0) / (count * (count - 1))
                        squares[i] = samples > 1 ? variance.squareRoot() : .infinity
                        sums[i] = base[i] + mean
                    }
                }
            }
        }
        ColumnCombination.copy(sums, to: diagonal)
        ColumnCombination.copy(squares, to: standardErrors)
    }
}
