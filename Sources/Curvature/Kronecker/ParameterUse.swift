import TensorIR

/// A place where a parameter meets the data: a node of the predictions' tangent that has an example axis, and whose operand does not, for it
/// is made of the parameter's tangent alone.
struct ParameterUse {
    /// A node between the meeting and the parameter, and which of its operands leads to it.
    struct Step {
        var node: Node
        var operand: Int
    }
    enum Kind {
        /// A product with the data.
        case product(Contract)
        case convolution(Convolution)
        /// Rows picked by indices of the data.
        case lookup(Gather)
        /// The same for every example: what is added, or multiplied afterwards.
        case repetition(Broadcast)
    }
    /// The parameter's place in the selection.
    var parameter: Int
    var meeting: Node
    /// The operand of `meeting` that carries the parameter.
    var operand: Int
    /// From the meeting back to the parameter.
    var path: [Step]
    var kind: Kind

    /// Whether it uses a part of the parameter only.
    func isOfSlice(in graph: TensorGraph) -> Bool { path.contains { graph.primitive($0.node) is Slice } }
}

/// Why a parameter has no Kronecker-factored block.
struct UnsupportedUse: Error {
    var reason: String
}

/// All meetings of the selected parameters with the data.
struct ParameterUses {
    /// For each selected parameter.
    private(set) var uses: [[ParameterUse]]
    private(set) var unsupported: [Int: String] = [:]
    /// All meetings, each once.
    var meetings: [Node] {
        var seen: Set<Node> = []
        return uses.joined().map(\.meeting).filter { seen.insert($0).inserted }.sorted()
    }

    init(_ network: NetworkLowering) {
        let graph = network.graph
        uses = network.parameterTangents.map { _ in [] }
        guard let linearized = network.linearized else { return }
        let nodes = graph.ancestors(of: [linearized])
        var active = Set(network.parameterTangents)
        for node in nodes where graph.operands(node).contains(where: active.contains) { active.insert(node) }
        let index = Dictionary(uniqueKeysWithValues: network.parameterTangents.enumerated().map { ($1, $0) })

        func paths(_ node: Node) -> [(parameter: Int, steps: [ParameterUse.Step])] {
            if let parameter = index[node] { return [(parameter, [])] }
            return graph.operands(node).enumerated().flatMap { place, operand in
                guard active.contains(operand) else { return [(parameter: Int, steps: [ParameterUse.Step])]() }
                return paths(operand).map { ($0.parameter, [ParameterUse.Step(node: node, operand: place)] + $0.steps) }
            }
        }
        for node in nodes where active.contains(node) && graph.shape(node).hasExamples {
            for (place, operand) in graph.operands(node).enumerated()
            where active.contains(operand) && !graph.shape(operand).hasExamples {
                let kind: ParameterUse.Kind? =
                    switch graph.primitive(node) {
                    case let contract as Contract: .product(contract)
                    case let convolution as Convolution where convolution.role == .output && place == 1:
                        .convolution(convolution)
                    case let gather as Gather where gather.batchAxes == 0: .lookup(gather)
                    case let broadcast as Broadcast: .repetition(broadcast)
                    default: nil
                    }
                for path in paths(operand) {
                    guard let kind else {
                        let name = graph.primitive(node).name
                        let isTransposed = (graph.primitive(node) as? Convolution)?.role == .input
                        unsupported[path.parameter] =
                            isTransposed ? "is the weight of a transposed convolution" : "meets the data in '\(name)'"
                        continue
                    }
                    uses[path.parameter].append(
                        ParameterUse(
                            parameter: path.parameter, meeting: node, operand: place, path: path.steps, kind: kind))
                }
            }
        }
    }
}
