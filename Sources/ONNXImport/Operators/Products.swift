import Foundation
import TensorIR

/// Matrix products.
extension OperatorCall {
    func matmul() throws -> [Value] {
        let (a, b) = (try real(0), try real(1))
        let (left, right) = (graph.shape(a), graph.shape(b))
        if left.rank > 0, right.rank > 0 {
            let (columns, rows) = (left[left.rank - 1], right[max(0, right.rank - 2)])
            guard columns == rows else {
                throw invalid("\(left) and \(right) do not multiply: \(columns) columns, \(rows) rows")
            }
        }
        // Vectors have no batch axes to align.
        let operands = min(left.rank, right.rank) < 2 ? [a, b] : try alignExamples([a, b], excludingLast: 2)
        return [.node(try graph.matmul(operands[0], operands[1]))]
    }

    func gemm() throws -> [Value] {
        let (a, b) = (try real(0), try real(1))
        guard graph.shape(a).rank == 2, graph.shape(b).rank == 2 else {
            throw invalid("expected two matrices, found \(graph.shape(a)) and \(graph.shape(b))")
        }
        let left = try flag("transA", default: false) ? [1, 0] : [0, 1]
        let right = try flag("transB", default: false) ? [2, 1] : [1, 2]
        let (columns, rows) = (graph.shape(a)[left[1]], graph.shape(b)[right[0] == 1 ? 0 : 1])
        guard columns == rows else {
            throw invalid("\(graph.shape(a)) and \(graph.shape(b)) do not multiply: \(columns) columns, \(rows) rows")
        }
        var product = try graph.contract(a, left, b, right, to: [0, 2])
        product = try times(product, float("alpha", default: 1))
        guard optional(2) != nil else { return [.node(product)] }
        return [.node(try add(product, times(real(2), float("beta", default: 1))))]
    }

    func einsum() throws -> [Value] {
        let equation = try EinsumEquation(string("equation", default: ""))
        let nodes = try inputs.indices.map { try real($0) }
        let (labels, result) = try equation.labels(ranks: nodes.map { graph.shape($0).rank })
        // Where several operands have a label, those with size 1 repeat: they do without it.
        var operands = nodes
        for label in Set(labels.joined()).sorted() {
            operands = try alignExamples(operands, axes: labels.map { $0.firstIndex(of: label) ?? -1 })
        }
        var kept = labels
        for label in Set(labels.joined()).sorted() {
            let owners = labels.indices.filter { labels[$0].contains(label) }
            let sizes = owners.map { graph.shape(operands[$0])[kept[$0].firstIndex(of: label)!] }
            let wide = sizes.filter { $0 != 1 }
            guard Set(wide).count <= 1 else {
                throw invalid("operands have the sizes \(sizes) where they share a letter")
            }
            guard !wide.isEmpty, wide.count < sizes.count else { continue }
            for (owner, size) in zip(owners, sizes) where size == 1 {
                let at = kept[owner].firstIndex(of: label)!
                operands[owner] = try graph.reshape(operands[owner], graph.shape(operands[owner]).removing(axes: [at]))
                kept[owner].remove(at: at)
            }
        }
        return [.node(try graph.einsum(operands, kept, to: result))]
    }
}

/// "bij,bjk->bik": letters for axes, an ellipsis for any number of further axes, which broadcast.
struct EinsumEquation {
    private enum Term: Hashable {
        case letter(Character)
        /// A further axis, counted from the last.
        case further(Int)
    }
    private let operands: [String]
    private let result: String?

    init(_ text: String) throws {
        let sides = text.filter { !$0.isWhitespace }.components(separatedBy: "->")
        guard sides.count <= 2 else { throw GraphError(.invalid, "the equation '\(text)' has more than one '->'") }
        operands = sides[0].split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        result = sides.count == 2 ? sides[1] : nil
    }

    private func terms(_ text: String, furtherAxes: Int) throws -> [Term] {
        let parts = text.components(separatedBy: "...")
        guard parts.count <= 2, parts.joined().allSatisfy({ $0.isLetter }) else {
            throw GraphError(
                .invalid, "the equation's term '\(text)' is not understood; expected letters and at most one '...'")
        }
        let further = parts.count == 2 ? (0..<furtherAxes).map { Term.further(furtherAxes - 1 - $0) } : []
        return parts[0].map(Term.letter) + further + (parts.count == 2 ? parts[1].map(Term.letter) : [])
    }

    /// A number for each axis of each operand, equal where letters are, and those of the result.
    func labels(ranks: [Int]) throws -> (operands: [[Int]], result: [Int]) {
        guard ranks.count == operands.count, !ranks.isEmpty else {
            throw GraphError(.invalid, "the equation has \(operands.count) operands, the node \(ranks.count)")
        }
        var all: [[Term]] = []
        var mostFurther = 0
        for (text, rank) in zip(operands, ranks) {
            let letters = text.count { $0.isLetter }
            let further = text.contains("...") ? rank - letters : 0
            let terms = try further >= 0 ? terms(text, furtherAxes: further) : []
            guard terms.count == rank else {
                throw GraphError(.invalid, "the equation's term '\(text)' does not go with \(rank) axes")
            }
            guard Set(terms).count == terms.count else {
                throw GraphError(
                    .invalid, "the equation's term '\(text)' repeats a letter, a diagonal; that is not supported")
            }
            mostFurther = max(mostFurther, further)
            all.append(terms)
        }
        let outcome: [Term]
        if let result {
            outcome = try terms(result, furtherAxes: mostFurther)
        } else {
            // By convention: the further axes, then the letters that occur once, in alphabetical order.
            var counts: [Character: Int] = [:]
            for case .letter(let letter) in all.joined() { counts[letter, default: 0] += 1 }
            let once = counts.filter { $0.value == 1 }.map(\.key).sorted()
            outcome = (0..<mostFurther).map { .further(mostFurther - 1 - $0) } + once.map(Term.letter)
        }
        var numbers: [Term: Int] = [:]
        for term in all.joined() where numbers[term] == nil { numbers[term] = numbers.count }
        guard Set(outcome).count == outcome.count, outcome.allSatisfy({ numbers[$0] != nil }) else {
            throw GraphError(.invalid, "the equation's result repeats a letter or has one that no operand has")
        }
        return (all.map { $0.map { numbers[$0]! } }, outcome.map { numbers[$0]! })
    }
}
