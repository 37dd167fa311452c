import Testing

/// The largest difference, relative to the largest value (to `floor` where all are smaller). NaN if a value is NaN on
/// one side only; equal infinities are equal.
func relativeError(_ a: [Double], _ b: [Double], floor: Double = 1e-2) -> Double {
    precondition(a.count == b.count, "\(a.count) values against \(b.count)")
    var (difference, scale) = (0.0, floor)
    for (x, y) in zip(a, b) where x != y && !(x.isNaN && y.isNaN) {
        if !(x - y).isFinite { return .nan }
        difference = max(difference, abs(x - y))
    }
    for value in a + b where value.isFinite { scale = max(scale, abs(value)) }
    return difference / scale
}

func expectClose(
    _ actual: [Double], _ expected: [Double], within tolerance: Double, _ comment: @autoclosure () -> String,
    sourceLocation: SourceLocation = #_sourceLocation
) {
    let error = relativeError(actual, expected)
    // Written so that NaN fails.
    if error <= tolerance { return }
    let pairs = zip(actual, expected).prefix(12).map { "\($0) (\($1))" }.joined(separator: ", ")
    Issue.record("\(comment()): relative error \(error) > \(tolerance): \(pairs)", sourceLocation: sourceLocation)
}

func expectClose(
    _ actual: Dense, _ expected: Dense, within tolerance: Double, _ comment: @autoclosure () -> String,
    sourceLocation: SourceLocation = #_sourceLocation
) {
    guard actual.sizes == expected.sizes else {
        Issue.record("\(comment()): sizes \(actual.sizes), not \(expected.sizes)", sourceLocation: sourceLocation)
        return
    }
    expectClose(actual.values, expected.values, within: tolerance, comment(), sourceLocation: sourceLocation)
}
