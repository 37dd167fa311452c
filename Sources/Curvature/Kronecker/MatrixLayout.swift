/// How a parameter tensor is a matrix outputs x inputs: which of its axes count outputs and which inputs, each in the tensor's order.
/// Axes of size 1 are on no side, so that layouts which differ in them alone are equal.
package struct MatrixLayout: Hashable, Sendable {
    package var shape: [Int]
    package var outputAxes: [Int]
    package var inputAxes: [Int]

    package init(shape: [Int], outputAxes: [Int], inputAxes: [Int]) {
        self.shape = shape
        self.outputAxes = outputAxes.filter { shape[$0] != 1 }
        self.inputAxes = inputAxes.filter { shape[$0] != 1 }
    }
    package var outputs: Int { outputAxes.reduce(1) { $0 * shape[$1] } }
    package var inputs: Int { inputAxes.reduce(1) { $0 * shape[$1] } }
    /// Whether the stored tensor, row-major, is the matrix: else it is its transpose, or another permutation of its axes.
    package var isRowMajor: Bool { outputAxes + inputAxes == (outputAxes + inputAxes).sorted() }

    /// Where in the stored tensor the entries of the matrix lie, row-major.
    package var places: [Int] {
        var strides = [Int](repeating: 1, count: shape.count)
        for axis in shape.indices.dropLast().reversed() { strides[axis] = strides[axis + 1] * shape[axis + 1] }
        return (outputAxes + inputAxes).reduce([0]) { places, axis in
            places.flatMap { place in (0..<shape[axis]).map { place + $0 * strides[axis] } }
        }
    }
}
