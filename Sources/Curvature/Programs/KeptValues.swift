import TensorIR

/// Which values of the primal sweeps, those that depend on no vector, are worth keeping, so that passes with other vectors go on from
/// there.
///
/// Values at the border between what moves with the vectors and what does not; those that are read off a kept one at little cost (a view,
/// a slope at an activation) are computed again instead.
struct KeptValues {
    private let graph: TensorGraph
    private let moves: [Bool]
    private let dependsOnData: [Bool]
    /// Whether there are examples at all: not where a model's examples meet and run as one batch.
    private let hasExamples: Bool
    private(set) var nodes = NodeSet()

    /// - Parameter passes: The results of each pass that is to read kept values.
    static func choose(_ graph: TensorGraph, passes: [[Node]]) -> NodeSet {
        var choice = KeptValues(graph)
        for outputs in passes { choice.addBorder(of: outputs) }
        choice.shrink()
        return choice.nodes
    }

    private init(_ graph: TensorGraph) {
        self.graph = graph
        var moves = [Bool](repeating: false, count: graph.count)
        var dependsOnData = moves
        hasExamples = graph.nodes.contains { graph.hasExamples($0) }
        for node in graph.nodes {
            let index = Int(node.index)
            let operands = graph.operands(node)
            if graph.nodeClass(node) == .input, let leaf = graph.primitive(node) as? InputLeaf {
                moves[index] = leaf.role.moves
                dependsOnData[index] = leaf.role.isData
            } else {
                moves[index] = operands.contains { moves[Int($0.index)] }
                dependsOnData[index] =
                    graph.hasExamples(node) || operands.contains { dependsOnData[Int($0.index)] }
            }
        }
        (self.moves, self.dependsOnData) = (moves, dependsOnData)
    }

    private func isLeaf(_ node: Node) -> Bool { graph.nodeClass(node).isLeaf }

    // MARK: The border

    private mutating func addBorder(of outputs: [Node]) {
        for node in graph.ancestors(of: outputs) where moves[Int(node.index)] {
            for operand in graph.operands(node) { add(operand) }
        }
        for output in outputs { add(output) }
    }

    /// Adds a value that does not move; of a sum over examples, which only the last batch completes, what it sums.
    private mutating func add(_ node: Node) {
        if moves[Int(node.index)] || isLeaf(node) || nodes.contains(node) { return }
        let isSum = hasExamples && dependsOnData[Int(node.index)] && !graph.hasExamples(node)
        if isSum || graph.isView(node) {
            for operand in graph.operands(node) { add(operand) }
        } else {
            nodes.insert(node)
        }
    }

    // MARK: What is cheap to compute again

    private mutating func shrink() {
        // What is a function of other kept values is not kept itself; of two functions of one value, the value is.
        for node in nodes.nodes.reversed() {
            guard let roots = roots(of: node), roots.allSatisfy({ nodes.contains($0) }) else { continue }
            nodes.remove(node)
        }
        var users: [Node: [Node]] = [:]
        for node in nodes.nodes {
            if let roots = roots(of: node), roots.count == 1 { users[roots.first!, default: []].append(node) }
        }
        for (root, group) in users where group.count > 1 {
            nodes.subtract(group)
            nodes.insert(root)
        }
    }

    /// The stored values that a cheap elementwise function is one of; nil for any other value.
    private func roots(of node: Node) -> Set<Node>? {
        guard let operation = graph.nodeClass(node).operation,
            operation.isCheap || operation == .relu
        else { return nil }
        var found: Set<Node> = []
        for operand in graph.operands(node) {
            var source = operand
            while graph.isView(source) { source = graph.operands(source)[0] }
            // Parameters, constants and what is made of them alone are there anyway.
            if isLeaf(source) || !dependsOnData[Int(source.index)] { continue }
            if source != operand || nodes.contains(source) {
                found.insert(source)
            } else if let inner = roots(of: source) {
                found.formUnion(inner)
            } else {
                found.insert(source)
            }
        }
        return found.isEmpty ? nil : found
    }
}

extension InputLeaf.Role {
    /// Whether it is another one from pass to pass: vectors, and what earlier steps of the plan have computed.
    fileprivate var moves: Bool {
        if case .value = self { return true }
        return slot != nil
    }
    fileprivate var isData: Bool {
        switch self {
        case .data, .exampleWeights: true
        default: false
        }
    }
}
