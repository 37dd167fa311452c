import TensorIR

/// A fused sweep while nodes are added to it. Loads and operations are numbered apart until no more loads come: load i is -i - 1.
struct FusedGroup {
    static let mostOperations = 64
    static let mostLoads = 32
    let shapeID: Int32
    private(set) var loads: [Node] = []
    private(set) var operations: [FusedElementwise.Operation] = []

    init(shapeID: Int32) { self.shapeID = shapeID }

    var isFull: Bool { operations.count >= FusedGroup.mostOperations || loads.count >= FusedGroup.mostLoads }

    /// Where a node's value is, if the sweep has it. Groups are small: a search is faster than a dictionary.
    func register(of node: Node) -> Int? {
        for index in operations.indices.reversed() where operations[index].node == node { return index }
        for index in loads.indices.reversed() where loads[index] == node { return -index - 1 }
        return nil
    }

    mutating func load(_ node: Node) -> Int {
        loads.append(node)
        return -loads.count
    }
    mutating func append(_ node: Node, sources: (Int, Int, Int)) -> Int {
        operations.append(FusedElementwise.Operation(node: node, sources: sources))
        return operations.count - 1
    }

    /// With registers numbered for good, loads first.
    ///
    /// - Parameter isStored: Of each operation, whether others need its value.
    func closed(_ graph: TensorGraph, isStored: [Bool]) -> FusedElementwise {
        let count = loads.count
        func final(_ register: Int) -> Int { register < 0 ? -register - 1 : register + count }
        var closed = FusedElementwise(
            shape: graph.shape(operations[0].node), loads: loads,
            operations: operations.map {
                let (a, b, c) = $0.sources
                return FusedElementwise.Operation(node: $0.node, sources: (final(a), final(b), final(c)))
            })
        for index in operations.indices where isStored[index] {
            closed.stores.append((index + count, operations[index].node))
        }
        return closed
    }
}
