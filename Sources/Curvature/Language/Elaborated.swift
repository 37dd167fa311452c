/// An expression, and whether its size is still open.
struct Elaborated: Sendable {
    let expression: Expression
    /// `identity` was written without a size, and nothing has given it one but the default, D.
    let hasFreeSize: Bool

    init(_ expression: Expression, hasFreeSize: Bool = false) {
        (self.expression, self.hasFreeSize) = (expression, hasFreeSize)
    }

    /// The result of an operation: its size is open where that of all its operators is.
    init(_ expression: Expression, from operands: [Elaborated]) {
        self.expression = expression
        hasFreeSize =
            expression.consistsOfIdentities && !operands.isEmpty
            && operands.allSatisfy { $0.hasFreeSize || !$0.expression.consistsOfIdentities }
    }

    /// With this size, if it is open.
    func sized(_ size: Int) -> Elaborated {
        hasFreeSize ? Elaborated(expression.resized(to: size)) : self
    }
}
