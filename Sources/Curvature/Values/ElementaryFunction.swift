/// Arithmetic that is no linear combination: on vectors and blocks that are there.
package enum ElementaryFunction: Hashable, Sendable {
    /// Rows of a vector or block, range after range.
    case rows([Range<Int>])
    /// The transpose of that: a vector or block of `size` rows with these, and zeros elsewhere.
    case placed([Range<Int>], size: Int)
    /// Vectors or blocks one above the other.
    case stacked
    /// One row of a block, as a vector.
    case row(Int)
    /// The Kronecker product of matrices, the operands but the last, or its transpose, times a vector or block, the last.
    case kroneckerProduct(isTransposed: Bool)
    /// The Kronecker product of vectors.
    case kroneckerVector
    /// The diagonal of a square block.
    case matrixDiagonal
    /// The sum of squares of each row of a block.
    case rowSquares
    /// The sum of the logarithms of a vector's entries; where these are rounded, what is nothing beside the largest is zero.
    case sumOfLogarithms(isRounded: Bool)
    /// Of a vector's entries; roots as ``SpectralFunction`` has them.
    case power(Double)
    /// The first entries of a vector in an order, and the unit vectors at their places.
    case extremes(count: Int, SpectrumEnd)
    case extremeUnits(count: Int, SpectrumEnd)
    /// Of a scalar.
    case logarithm
    /// Of a scalar.
    case squareRoot

    /// Whether it is linear in its last operand.
    var isLinear: Bool {
        switch self {
        case .rows, .placed, .stacked, .row, .kroneckerProduct, .matrixDiagonal: true
        case .kroneckerVector, .rowSquares, .sumOfLogarithms, .power, .extremes, .extremeUnits, .logarithm, .squareRoot:
            false
        }
    }

    /// For explain.
    func text(_ operands: [String]) -> String {
        switch self {
        case .rows(let ranges): "\(operands[0])[\(ElementaryFunction.text(ranges))]"
        case .placed(let ranges, let size):
            "placed(\(operands[0]), at \(ElementaryFunction.text(ranges)) of \(size))"
        case .stacked: "stacked(\(operands.joined(separator: ", ")))"
        case .row(let index): "\(operands[0])[row \(index + 1)]"
        case .kroneckerProduct(let isTransposed):
            (isTransposed ? "transpose(kron(" : "kron(") + operands.dropLast().joined(separator: ", ")
                + (isTransposed ? "))" : ")") + " @ \(operands.last!)"
        case .kroneckerVector: "kron(\(operands.joined(separator: ", ")))"
        case .matrixDiagonal: "diagonal(\(operands[0]))"
        case .rowSquares: "row_squares(\(operands[0]))"
        case .sumOfLogarithms: "sum(log(\(operands[0])))"
        case .power(let exponent): "\(operands[0]) ^ \(NumberText.text(of: exponent))"
        case .extremes(let count, let end): "\(count) \(end.name) entries of \(operands[0])"
        case .extremeUnits(let count, let end): "unit vectors at \(count) \(end.name) entries of \(operands[0])"
        case .logarithm: "log(\(operands[0]))"
        case .squareRoot: "sqrt(\(operands[0]))"
        }
    }

    /// As the language has ranges: the first entry, and the one after the last.
    private static func text(_ ranges: [Range<Int>]) -> String {
        let shown = ranges.prefix(4).map { "\($0.lowerBound):\($0.upperBound)" }.joined(separator: ", ")
        return ranges.count > 4 ? shown + ", ..." : shown
    }
}
