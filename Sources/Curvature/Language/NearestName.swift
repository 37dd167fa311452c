/// The name that was probably meant.
enum NearestName {
    /// The candidate with the fewest typing errors, or nil if all are too far off: more than one error for each three
    /// characters of the name (so that of names of one or two characters only the case may be wrong). Ties go to the
    /// first in alphabetical order, so that messages do not vary.
    static func nearest(to name: String, in candidates: some Sequence<String>) -> String? {
        let typed = Array(name.unicodeScalars.prefix(longest + 1))
        guard typed.count <= longest else { return nil }
        let folded = fold(typed)
        let limit = typed.count / 3
        var best: (distance: Int, name: String)?
        for candidate in candidates {
            let written = Array(candidate.unicodeScalars.prefix(longest + 1))
            guard written.count <= longest, abs(written.count - typed.count) <= limit else { continue }
            let distance = 2 * distance(folded, fold(written)) + (typed.elementsEqual(written) ? 0 : 1)
            guard distance <= 2 * limit + 1 else { continue }
            if best.map({ (distance, candidate) < ($0.distance, $0.name) }) ?? true { best = (distance, candidate) }
        }
        return best?.name
    }

    /// "; did you mean 'hessian'?", or nothing.
    static func suggestion(for name: String, in candidates: some Sequence<String>) -> String {
        nearest(to: name, in: candidates).map { "; did you mean \(OneLine.quoted($0))?" } ?? ""
    }

    private static let longest = 64

    /// Upper and lower case are one error less than a wrong letter. A hyphen is an underscore.
    private static func fold(_ scalars: [Unicode.Scalar]) -> [Unicode.Scalar] {
        scalars.map { scalar in
            if scalar == "-" { return "_" }
            return scalar.properties.lowercaseMapping.unicodeScalars.first ?? scalar
        }
    }

    /// Insertions, deletions, replacements and swaps of neighbours (optimal string alignment).
    static func distance(_ left: [Unicode.Scalar], _ right: [Unicode.Scalar]) -> Int {
        var older = [Int](repeating: 0, count: right.count + 1)
        var previous = Array(0...right.count)
        for i in left.indices {
            var current = [i + 1]
            current.reserveCapacity(right.count + 1)
            for j in right.indices {
                let replaced = previous[j] + (left[i] == right[j] ? 0 : 1)
                var least = min(replaced, previous[j + 1] + 1, current[j] + 1)
                if i > 0, j > 0, left[i] == right[j - 1], left[i - 1] == right[j] {
                    least = min(least, older[j - 1] + 1)
                }
                current.append(least)
            }
            (older, previous) = (previous, current)
        }
        return previous[right.count]
    }
}
