/// The factors of a nearest Kronecker product from the top singular vectors of the rearranged block (Van Loan and Pitsianis 1993).
package enum NearestFactors {
    /// Positive semidefinite factors are never orthogonal to the identity: where a search starts.
    package static func start(inputs: Int) -> [Double] {
        var start = [Double](repeating: 0, count: inputs * inputs)
        for i in 0..<inputs { start[i * (inputs + 1)] = 1 }
        return start
    }

    /// Each reshaped vector times the root of the singular value, symmetric, of positive trace.
    package static func store(
        _ triple: SingularTripleSearch, outputs: Int, inputs: Int, output: UnsafeMutablePointer<Double>,
        input: UnsafeMutablePointer<Double>
    ) {
        let trace = (0..<outputs).reduce(0) { $0 + triple.left[$1 * (outputs + 1)] }
        let root = (trace < 0 ? -1 : 1) * triple.value.squareRoot()
        symmetrize(triple.left, root, outputs, into: output)
        symmetrize(triple.right, root, inputs, into: input)
    }

    /// root * (X + X^T) / 2.
    private static func symmetrize(
        _ vector: [Double], _ root: Double, _ size: Int, into target: UnsafeMutablePointer<Double>
    ) {
        for i in 0..<size {
            for j in 0..<size { target[i * size + j] = root * (vector[i * size + j] + vector[j * size + i]) / 2 }
        }
    }
}
