import TensorIR

/// A fused sweep while nodes are added to it. Loads and operations are numbered apart until no more loads come: load i is -i - 1.
struct FusedGroup {
    static let mostOperations = 64
    static let mostLoads = 32
    let shape: Shape
    private(set) var loads: [Node] = []
    private(set) var operations: [(node: Node, sources: [Int])] = []

    init(shape: Shape) { self.shape = shape }

    var isFull: Bool { operations.count >= FusedGroup.mostOperations || loads.count >= FusedGroup.mostLoads }

    /// Where a node's value is, if the sweep has it. Groups are small: a search is faster than a dictionary.
    func register(of node: Node) -> Int? {
        if let operation = operations.lastIndex(where: { $0.node == node }) { return operation }
        return loads.lastIndex(of: node).map { -$0 - 1 }
    }

    mutating func load(_ node: Node) -> Int {
        loads.append(node)
        return -loads.count
    }
    mutating func append(_ node: Node, sources: [Int]) -> Int {
        operations.append((node, sources))
        return operations.count - 1
    }

    /// With registers numbered for good, loads first.
    /// - Parameter isNeeded: Whether others need an operation's value.
    func closed(isNeeded: (Node) -> Bool) -> FusedElementwise {
        var closed = FusedElementwise(shape: shape, loads: loads, operations: operations)
        for (index, operation) in operations.enumerated() {
            for (position, register) in operation.sources.enumerated() {
                closed.operations[index].sources[position] = register < 0 ? -register - 1 : register + loads.count
            }
            if isNeeded(operation.node) { closed.stores.append((index + loads.count, operation.node)) }
        }
        return closed
    }
}
