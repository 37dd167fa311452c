/// Which eigenvalues are wanted, and in which order.
package enum SpectrumEnd: Hashable, Sendable, CaseIterable {
    case largestMagnitude
    case largest
    case smallest

    /// Whether `a` comes before `b`.
    func precedes(_ a: Double, _ b: Double) -> Bool {
        switch self {
        // Of a pair with opposite signs the positive one comes first.
        case .largestMagnitude: abs(a) == abs(b) ? a > b : abs(a) > abs(b)
        case .largest: a > b
        case .smallest: a < b
        }
    }

    /// The indices of `values`, wanted ones first.
    func order(_ values: [Double]) -> [Int] {
        values.indices.sorted { values[$0] == values[$1] ? $0 < $1 : precedes(values[$0], values[$1]) }
    }
}
