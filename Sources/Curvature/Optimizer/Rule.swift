/// A rewriting of the operator graph that keeps every requested value.
package protocol Rule: Sendable {
    /// As `--disable-rule` and explain name it.
    var name: String { get }
    /// What it rewrote, or why it did not, for each place it looked at. It changes `graph` only by adding values, and `roots` to
    /// point at them.
    func apply(to graph: inout OperatorGraph, roots: inout [Value]) -> [Rewrite]
}

/// A place where a rule fired or declined.
package struct Rewrite: Hashable, Sendable {
    package var rule: String
    package var before: String
    package var after: String
    /// Why the rule left this place alone; nil where it fired.
    package var declined: String?
}
