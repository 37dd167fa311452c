import Foundation

/// "bij,bjk->bik": letters for axes, an ellipsis for any number of further axes, which broadcast.
package struct EinsumEquation {
    private enum Term: Hashable {
        case letter(Character)
        /// A further axis, counted from the last.
        case further(Int)
    }
    private let operands: [String]
    private let result: String?

    package init(_ text: String) throws {
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

    /// A number for each axis of each operand, equal where letters are (twice in one operand: its diagonal), and those
    /// of the result.
    package func labels(ranks: [Int]) throws -> (operands: [[Int]], result: [Int]) {
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
