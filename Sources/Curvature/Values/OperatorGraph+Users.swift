extension OperatorGraph {
    /// All values that are made of one of `values`, themselves included.
    func users(of values: [Value], roots: [Value]) -> Set<Value> {
        var users = Set(values)
        for value in reachable(from: roots) where self[value].operands.contains(where: users.contains) {
            users.insert(value)
        }
        return users
    }
}
