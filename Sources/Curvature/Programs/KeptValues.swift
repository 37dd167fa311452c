import TensorIR

/// Which values of the primal sweeps, those that depend on no vector, are worth keeping, so that passes with other vectors go on from
/// there.
///
/// Values at the border between what moves with the vectors and what does not; those that are read off a kept one at little cost (a view,
/// a slope at an activation) are computed again instead.
struct KeptValues {
    private let structure: GraphStructure
    private let moves: [Bool]
    private let dependsOnData: [Bool]
    /// Whether there are examples at all: not where a model's examples meet and run as one batch.
    private let hasExamples: Bool
    private(set) var nodes = NodeSet()

    /// - Parameter passes: The results of each pass that is to read kept values.
    static func choose(_ graph: TensorGraph, passes: [[Node]]) -> NodeSet {
        var choice = KeptValues(graph)
        for outputs in passes { choice.addBorder(of: outputs, in: graph) }
        choice.shrink()
        return choice.nodes
    }

    private init(_ graph: TensorGraph) {
        structure = graph.structure
        var moves = [Bool](repeating: false, count: structure.count)
        var dependsOnData = moves
        var hasExamples = false
        for node in graph.nodes {
            let record = structure[node]
            hasExamples = hasExamples || record.hasExamples
            if record.nodeClass == .input, let leaf = graph.primitive(node) as? InputLeaf {
                moves[node] = leaf.role.moves
                dependsOnData[node] = leaf.role.isData
            } else {
                let operands = structure.operands(node)
                moves[node] = operands.contains { moves[$0] }
                dependsOnData[node] = record.hasExamples || operands.contains { dependsOnData[$0] }
            }
        }
        (self.moves, self.dependsOnData, self.hasExamples) = (moves, dependsOnData, hasExamples)
    }

    private func isLeaf(_ node: Node) -> Bool { structure[node].nodeClass.isLeaf }

    // MARK: The border

    private mutating func addBorder(of outputs: [Node], in graph: TensorGraph) {
        for node in graph.ancestors(of: outputs) where moves[node] {
            for operand in structure.operands(node) { add(operand) }
        }
        for output in outputs { add(output) }
    }

    /// Adds a value that does not move; of a sum over examples, which only the last batch completes, what it sums.
    private mutating func add(_ node: Node) {
        if moves[node] || isLeaf(node) || nodes.contains(node) { return }
        let record = structure[node]
        let isSum = hasExamples && dependsOnData[node] && !record.hasExamples
        if isSum || record.nodeClass.isView {
            for operand in structure.operands(node) { add(operand) }
        } else {
            nodes.insert(node)
        }
    }

    // MARK: What is cheap to compute again

    private mutating func shrink() {
        // What is a function of other kept values is not kept itself; of two functions of one value, the value is.
        for node in nodes.nodes.reversed() {
            let roots = roots(of: node)
            if !roots.isEmpty, roots.allSatisfy({ nodes.contains($0) }) { nodes.remove(node) }
        }
        var users: [Node: [Node]] = [:]
        for node in nodes.nodes {
            let roots = roots(of: node)
            if roots.count == 1 { users[roots[0], default: []].append(node) }
        }
        for (root, group) in users where group.count > 1 {
            nodes.subtract(group)
            nodes.insert(root)
        }
    }

    /// The stored values that a cheap elementwise function is one of; none for any other value.
    private func roots(of node: Node) -> [Node] {
        var found: [Node] = []
        _ = addRoots(of: node, to: &found)
        return found
    }

    /// Whether the node is a cheap function of stored values.
    private func addRoots(of node: Node, to found: inout [Node]) -> Bool {
        guard let operation = structure[node].nodeClass.operation, operation.isCheap || operation == .relu
        else { return false }
        var hasRoots = false
        for operand in structure.operands(node) {
            var source = operand
            while structure[source].nodeClass.isView { source = structure.source(source) }
            // Parameters, constants and what is made of them alone are there anyway.
            if isLeaf(source) || !dependsOnData[source] { continue }
            hasRoots = true
            if source == operand, !nodes.contains(source), addRoots(of: source, to: &found) { continue }
            if !found.contains(source) { found.append(source) }
        }
        return hasRoots
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
