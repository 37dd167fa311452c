/// The name among `candidates` that `name` is most likely a misspelling of.
///
///     nearestName(to: "layer1.weigth", among: ["layer1.weight", "layer1.bias"])  // "layer1.weight"
///
/// Nearest means by the fewest inserted, removed, replaced or swapped characters, where case does not count. Of
/// equals, the first is taken.
///
/// - Returns: `nil` if even the nearest differs in more than a third of the characters of `name` (and in more than
///   one): a wild guess helps nobody.
/// - Complexity: O(*n* + *m*²) characters, where *n* is the length of all candidates and *m* the length of those that
///   are about as long as `name`.
package func nearestName(to name: String, among candidates: some Sequence<String>) -> String? {
    // Nobody mistypes a name as long as this, and the work grows with its square.
    guard name.utf8.count <= 256 else { return nil }
    let wanted = Array(name.lowercased())
    var limit = max(1, wanted.count / 3)
    var nearest: String?
    for candidate in candidates {
        guard abs(candidate.utf8.count - name.utf8.count) <= 4 * limit + 3 else { continue }
        let distance = editDistance(wanted, Array(candidate.lowercased()))
        if distance <= limit {
            nearest = candidate
            if distance == 0 { break }
            limit = distance - 1
        }
    }
    return nearest
}

/// The number of characters to insert, remove, replace or swap with their neighbour that leads from `first` to `second`
/// (the optimal string alignment distance).
private func editDistance(_ first: [Character], _ second: [Character]) -> Int {
    // Row i holds the distances of the first i characters of `first` to every beginning of `second`.
    var beforeLast: [Int] = []
    var last = Array(0...second.count)
    for i in first.indices {
        var row = [i + 1]
        for j in second.indices {
            var distance = min(last[j + 1] + 1, row[j] + 1, last[j] + (first[i] == second[j] ? 0 : 1))
            if i > 0, j > 0, first[i] == second[j - 1], first[i - 1] == second[j] {
                distance = min(distance, beforeLast[j - 1] + 1)
            }
            row.append(distance)
        }
        beforeLast = last
        last = row
    }
    return last[second.count]
}
