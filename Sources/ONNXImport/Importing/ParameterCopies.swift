import Curvature

/// Copies that an exporter makes of tied parameters.
///
/// A table of embeddings that is also the last layer's weight is looked up in one place and multiplied by, transposed,
/// in another. An exporter that folds the transposition writes the table twice, and the derivative of neither copy
/// would be the parameter's.
extension FileWeights {
    /// The transposed copies among the weights, each with the position of what it is a copy of. A copy has a name that
    /// an exporter made up, and all its values in common with a matrix whose name was chosen.
    static func transposedCopies(among weights: [Weight]) -> [Int: Int] {
        let originals = weights.indices.filter { !Weight.isGenerated(weights[$0].name) && weights[$0].sizes.count == 2 }
        var copies: [Int: Int] = [:]
        for index in weights.indices where Weight.isGenerated(weights[index].name) && weights[index].sizes.count == 2 {
            copies[index] = originals.first { weights[index].isTransposed(of: weights[$0]) }
        }
        return copies
    }
}

extension FileWeights.Weight {
    fileprivate func isTransposed(of other: FileWeights.Weight) -> Bool {
        guard sizes == other.sizes.reversed(), values.count > 1 else { return false }
        let (rows, columns) = (sizes[0], sizes[1])
        func isTransposed<Element: Equatable>(
            _ a: UnsafeBufferPointer<Element>, _ b: UnsafeBufferPointer<Element>
        ) -> Bool {
            // A constant is every constant's copy.
            guard a.contains(where: { $0 != a[0] }) else { return false }
            return (0..<rows).allSatisfy { row in
                (0..<columns).allSatisfy { column in a[row * columns + column] == b[column * rows + row] }
            }
        }
        return values.withElements { own in
            other.values.withElements { other in
                switch (own, other) {
                case (.float32(let a), .float32(let b)): isTransposed(a, b)
                case (.float64(let a), .float64(let b)): isTransposed(a, b)
                default: false
                }
            }
        }
    }
}
