extension [Value] {
    /// These values and all that they are made of, each once, after what it is made of.
    ///
    /// - Parameter operands: What a value is made of, as far as it is to be looked into.
    func operandsFirst(_ operands: (Value) -> [Value]) -> [Value] {
        var seen: Set<Value> = []
        var order: [Value] = []
        var stack: [(value: Value, isExpanded: Bool)] = reversed().map { ($0, false) }
        while let (value, isExpanded) = stack.popLast() {
            if isExpanded {
                order.append(value)
            } else if seen.insert(value).inserted {
                stack.append((value, true))
                for operand in operands(value).reversed() { stack.append((operand, false)) }
            }
        }
        return order
    }
}
