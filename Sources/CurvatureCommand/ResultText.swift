import Curvature

/// Values for people: small ones whole, large ones as shape, norm and first entries.
enum ResultText {
    static func line(_ entry: Results.Entry, precision: Precision) -> String {
        let values = entry.values
        func text(_ value: Double) -> String { precision == .float32 ? "\(Float(value))" : "\(value)" }
        if entry.shape.isEmpty { return "\(entry.name) = \(text(values[0]))" }
        let shape = "(\(entry.shape.map(String.init).joined(separator: ", ")))"
        if values.count <= 16, entry.shape.count == 1 {
            return "\(entry.name) \(shape) = [\(values.map(text).joined(separator: ", "))]"
        }
        let norm = values.reduce(0) { $0 + $1 * $1 }.squareRoot()
        let first = values.prefix(4).map(text).joined(separator: ", ")
        return "\(entry.name) \(shape): norm \(text(norm)), [\(first)\(values.count > 4 ? ", ..." : "")]"
    }
}
