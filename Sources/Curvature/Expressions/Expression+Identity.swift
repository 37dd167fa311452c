extension Expression {
    /// The same expression over identities of another size. `identity` alone is D x D, and takes the size of what it
    /// is added to or composed with; so does `0.1 * identity`.
    ///
    /// - Precondition: ``consistsOfIdentities``.
    /// - Complexity: O(nodes).
    package func resized(to size: Int) -> Expression {
        precondition(consistsOfIdentities, "only an expression made of identities has a free size")
        var done: [ObjectIdentifier: Expression] = [:]
        return resized(to: size, &done)
    }

    private func resized(to size: Int, _ done: inout [ObjectIdentifier: Expression]) -> Expression {
        if kind.shape.first == size { return self }
        if let known = done[ObjectIdentifier(self)] { return known }
        let resizedNode: Node =
            switch node {
            case .transpose(let operand): .transpose(operand.resized(to: size, &done))
            case .scaled(let scale, let operand): .scaled(by: scale, operand.resized(to: size, &done))
            case .inverse(let operand, let options, _):
                .inverse(operand.resized(to: size, &done), options, preconditioner: nil)
            case .quotient(let operand, let divisor): .quotient(operand.resized(to: size, &done), by: divisor)
            case .sum(let operands): .sum(operands.map { $0.resized(to: size, &done) })
            case .composition(let first, let second):
                .composition(first.resized(to: size, &done), second.resized(to: size, &done))
            default: .identity(size)
            }
        let result = Expression(resizedNode, checked: .operator(rows: size, columns: size))
        done[ObjectIdentifier(self)] = result
        return result
    }
}
