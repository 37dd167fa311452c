/// Forms a layer's gradients, example by example and tile by tile: see ``ExampleProductShape``.
package struct ExampleProduct: @unchecked Sendable {
    // `@unchecked`: pointers to memory that a kernel reads.
    package enum Input {
        /// (examples, positions, inputs), contiguous.
        case dense(Operand)
        /// Images (examples or several for each, channels, space), and an entry behind each patch.
        case patches(Operand, last: Operand?, ConvolutionGeometry, taps: [Int])
    }
    private enum Source {
        case dense(Operand)
        case patches(PatchWindows)
    }
    private let uses: [(outputs: Operand, source: Source)]
    let shape: ExampleProductShape
    let storage: Storage

    /// - Parameters:
    ///   - uses: Output gradients (columns, examples, positions, outputs), contiguous, the columns only if `hasColumns`; and inputs.
    package init(_ uses: [(outputs: Operand, input: Input)], inputs: Int, hasColumns: Bool) {
        let sizes = uses[0].outputs.sizes
        let lead = hasColumns ? 1 : 0
        storage = uses[0].outputs.storage
        self.uses = uses.map { use in
            precondition(use.outputs.isContiguous)
            switch use.input {
            case .dense(let input):
                precondition(input.isContiguous && input.sizes[2] == inputs)
                return (use.outputs, .dense(input))
            case .patches(let image, let last, let geometry, let taps):
                let windows = PatchWindows(image, last: last, geometry: geometry, taps: taps)
                precondition(windows.features == inputs)
                return (use.outputs, .patches(windows))
            }
        }
        shape = ExampleProductShape(
            columns: hasColumns ? sizes[0] : 1, examples: sizes[lead], outputs: sizes[lead + 2], inputs: inputs,
            uses: self.uses.map { use in
                var own = ExampleProductShape.Use(positions: use.outputs.sizes[lead + 1])
                if case .patches(let windows) = use.source { own.windows = windows.columns }
                return own
            })
    }

    /// Rows and entries of P for some columns and one example.
    ///
    /// - Parameters:
    ///   - unfolded: Room for a chunk of patches.
    ///   - target: Matrices with `leading` elements from row to row and `stride` from one column's to the next's.
    func form(
        _ columns: Range<Int>, example: Int, rows: Range<Int>, entries: Range<Int>, unfolded: UnsafeMutableRawPointer,
        to target: UnsafeMutableRawPointer, leading: Int, stride: Int
    ) {
        var isFirst = true
        for index in uses.indices {
            let own = shape.uses[index]
            func add(_ positions: Range<Int>, isUnfolded: Bool, b: UnsafeRawPointer, ldb: Int) {
                for column in columns {
                    BLAS.gemm(
                        storage, transposeA: true, transposeB: isUnfolded, m: rows.count, n: entries.count,
                        k: positions.count, a: gradient(index, column, example, positions.lowerBound, rows.lowerBound),
                        lda: shape.outputs, b: b, ldb: ldb, beta: isFirst ? 0 : 1,
                        c: target + storage.byteCount * (column - columns.lowerBound) * stride, ldc: leading)
                }
                isFirst = false
            }
            switch uses[index].source {
            case .dense(let input):
                let place = example * own.positions * shape.inputs + entries.lowerBound
                add(
                    0..<own.positions, isUnfolded: false, b: input.address + storage.byteCount * place,
                    ldb: shape.inputs)
            case .patches(let windows):
                forEachChunk(of: own, entries: entries.count) { chunk in
                    windows.unfold(entries, rows: shifted(chunk, example, own), to: unfolded)
                    let positions = chunk.lowerBound * windows.columns..<chunk.upperBound * windows.columns
                    add(positions, isUnfolded: true, b: unfolded, ldb: positions.count)
                }
            }
        }
    }

    /// The inputs of one example times columns `entries` of a basis (inputs, inputs): (entries, positions of all uses), use by use.
    func turnInputs(
        example: Int, basis: Operand, entries: Range<Int>, unfolded: UnsafeMutableRawPointer,
        to target: UnsafeMutableRawPointer
    ) {
        let width = storage.byteCount
        let columns = basis.address + width * entries.lowerBound
        var start = target
        for index in uses.indices {
            let own = shape.uses[index]
            func multiply(_ b: UnsafeRawPointer, ldb: Int, isUnfolded: Bool, positions: Range<Int>) {
                BLAS.gemm(
                    storage, transposeA: true, transposeB: !isUnfolded, m: entries.count, n: positions.count,
                    k: shape.inputs, a: columns, lda: shape.inputs, b: b, ldb: ldb, beta: 0,
                    c: start + width * positions.lowerBound, ldc: own.positions)
            }
            switch uses[index].source {
            case .dense(let input):
                multiply(
                    input.address + width * example * own.positions * shape.inputs, ldb: shape.inputs,
                    isUnfolded: false, positions: 0..<own.positions)
            case .patches(let windows):
                forEachChunk(of: own, entries: shape.inputs) { chunk in
                    windows.unfold(0..<shape.inputs, rows: shifted(chunk, example, own), to: unfolded)
                    let positions = chunk.lowerBound * windows.columns..<chunk.upperBound * windows.columns
                    multiply(unfolded, ldb: positions.count, isUnfolded: true, positions: positions)
                }
            }
            start += width * entries.count * own.positions
        }
    }

    /// All rows of P for one column and example, with what `turnInputs` made of the inputs.
    func form(
        column: Int, example: Int, turned: UnsafeRawPointer, entries: Int, to target: UnsafeMutableRawPointer
    ) {
        var start = turned
        for index in uses.indices {
            let positions = shape.uses[index].positions
            BLAS.gemm(
                storage, transposeA: true, transposeB: true, m: shape.outputs, n: entries, k: positions,
                a: gradient(index, column, example, 0, 0), lda: shape.outputs, b: start, ldb: positions,
                beta: index == 0 ? 0 : 1, c: target, ldc: entries)
            start += storage.byteCount * entries * positions
        }
    }

    private func gradient(_ use: Int, _ column: Int, _ example: Int, _ position: Int, _ output: Int)
        -> UnsafeRawPointer
    {
        let row = (column * shape.examples + example) * shape.uses[use].positions + position
        return UnsafeRawPointer(uses[use].outputs.address + storage.byteCount * (row * shape.outputs + output))
    }

    private func forEachChunk(of use: ExampleProductShape.Use, entries: Int, _ body: (Range<Int>) -> Void) {
        let count = use.rowsOfChunk(entries: entries, width: storage.byteCount)
        var start = 0
        while start < use.rows {
            body(start..<min(start + count, use.rows))
            start += count
        }
    }
    private func shifted(_ rows: Range<Int>, _ example: Int, _ use: ExampleProductShape.Use) -> Range<Int> {
        rows.lowerBound + example * use.rows..<rows.upperBound + example * use.rows
    }
}
