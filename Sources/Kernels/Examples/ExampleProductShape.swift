/// The sizes of a layer's gradients, example by example: P_kn = sum over uses and positions of g a^T for each column k of output gradients and
/// each example n.
package struct ExampleProductShape: Sendable {
    package struct Use: Sendable {
        package var positions: Int
        /// Windows in a row, where inputs are patches that are unfolded as they are needed.
        package var windows: Int?
        package init(positions: Int, windows: Int? = nil) { (self.positions, self.windows) = (positions, windows) }

        /// Rows of windows in an example.
        var rows: Int { windows.map { positions / max(1, $0) } ?? 0 }
        /// How many rows are unfolded at a time, for so many entries: a quarter of a megabyte.
        func rowsOfChunk(entries: Int, width: Int) -> Int {
            max(1, min(rows, (1 << 18) / max(1, entries * (windows ?? 1) * width)))
        }
    }
    package var columns, examples, outputs, inputs: Int
    package var uses: [Use]
    package init(columns: Int, examples: Int, outputs: Int, inputs: Int, uses: [Use]) {
        (self.columns, self.examples, self.outputs, self.inputs) = (columns, examples, outputs, inputs)
        self.uses = uses
    }

    var positions: Int { uses.reduce(0) { $0 + $1.positions } }
    package var productFlops: Int { 2 * columns * examples * positions * outputs * inputs }
    /// Whether inputs are multiplied with a basis before they meet output gradients, instead of products after: whatever there is less of.
    package var turnsInputs: Bool { positions < columns * outputs }
    package var turnFlops: Int { 2 * examples * inputs * inputs * min(positions, columns * outputs) }

    /// Elements of the largest chunk of unfolded patches.
    func unfoldedCount(entries: Int, width: Int) -> Int {
        uses.map { use in
            use.windows.map { entries * $0 * use.rowsOfChunk(entries: entries, width: width) } ?? 0
        }.max() ?? 0
    }
}
