/// What of a Kronecker-factored operator is kept in a file.
package enum FactorPart: Hashable, Sendable, CaseIterable {
    case factors, eigen, corrections

    /// As explain names it.
    var text: String {
        switch self {
        case .factors: "factors"
        case .eigen: "eigendecompositions"
        case .corrections: "eigenvalues"
        }
    }

    /// The operator whose values they are, of one that is asked for.
    func options(_ options: KroneckerOptions) -> KroneckerOptions {
        self == .corrections ? options : options.factors
    }
}

extension FactorLayout {
    /// A tensor of a packed vector.
    package struct Piece {
        package var name: String
        /// As errors name it.
        package var text: String
        package var start: Int
        package var shape: [Int]
        /// Whether it is all eigenvalues of a factor or block.
        package var isSpectrum = false
    }

    /// Every tensor once, under the name of the first parameter that has it: `0.weight/output`.
    ///
    /// - Parameter names: Of the selected parameters.
    package func pieces(_ part: FactorPart, names: [String]) -> [Piece] {
        var pieces: [Piece] = []
        var seen: Set<Int> = []
        for block in blocks {
            let name = names[block.parameters[0]]
            if part == .corrections {
                guard let start = block.correction else { continue }
                pieces.append(
                    Piece(
                        name: "\(name)/eigenvalues", text: "the block of \(OneLine.quotedName(name))", start: start,
                        shape: block.factors.compactMap(\.self).map(\.size), isSpectrum: true))
                continue
            }
            let sides = block.factors.count == 2 ? ["output", "input"] : ["block"]
            for (side, factor) in zip(sides, block.factors) {
                guard let factor, seen.insert(factor.offset).inserted else { continue }
                let (own, size) = ("\(name)/\(side)", factor.size)
                let text =
                    side == "block"
                    ? "the block of \(OneLine.quotedName(name))" : "the \(side) factor of \(OneLine.quotedName(name))"
                if part == .factors {
                    pieces.append(
                        Piece(
                            name: own, text: text, start: factor.offset,
                            shape: factor.isDiagonal ? [size] : [size, size], isSpectrum: factor.isDiagonal))
                } else if let eigen = factor.eigen {
                    pieces.append(
                        Piece(name: own + ".eigenvalues", text: text, start: eigen, shape: [size], isSpectrum: true))
                    // One in each row.
                    pieces.append(
                        Piece(name: own + ".eigenvectors", text: text, start: eigen + size, shape: [size, size]))
                }
            }
        }
        return pieces
    }
}
