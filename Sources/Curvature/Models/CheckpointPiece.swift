/// Consecutive elements of a tensor as a checkpoint has it: a parameter that an exporter put together from several tensors, or with its rows in
/// another order, is a list of these.
package struct CheckpointPiece: Hashable, Sendable {
    /// The checkpoint's tensor.
    package let tensor: String
    package let shape: [Int]
    /// Its elements, row-major.
    package let elements: Range<Int>

    package init(tensor: String, shape: [Int], elements: Range<Int>) {
        (self.tensor, self.shape, self.elements) = (tensor, shape, elements)
    }
}

extension [CheckpointPiece] {
    /// The tensors, each once, in the order of the pieces.
    package var tensors: [(name: String, shape: [Int])] {
        var seen: Set<String> = []
        return filter { seen.insert($0.tensor).inserted }.map { ($0.tensor, $0.shape) }
    }
}
