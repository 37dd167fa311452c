import Kernels
import TensorIR

/// Finds layers in the tensor graph: not by the names of modules, but by where parameters meet the data, and how.
struct LayerDiscovery {
    private let network: NetworkLowering
    private let graph: TensorGraph
    private let uses: ParameterUses
    /// The values of each parameter's uses, for a cotangent that only stands for one.
    private var values: [[UseValues]] = []
    private var refusals: [(parameter: Int, reason: String)] = []
    /// The primal nodes that are uses of weights.
    private var products: [Node: (parameter: Int, use: Int)] = [:]
    private var consumers: [Node: [Node]] = [:]

    /// The layers of the selected parameters, in the selection's order. Every parameter is in one of them.
    static func layers(_ network: NetworkLowering, for name: String) throws -> [FactoredLayer] {
        if network.problem.model.onlyBatch != nil {
            throw ProblemError(
                .parameters,
                "\(name): the model's examples meet (\(network.problem.model.onlyBatchReason ?? "a reduction over examples")), so its layers have no inputs and gradients of single examples; export a model whose examples are independent"
            )
        }
        var discovery = try LayerDiscovery(network)
        return try discovery.layers(for: name)
    }

    private init(_ network: NetworkLowering) throws {
        (self.network, graph) = (network, network.graph)
        uses = ParameterUses(network)
        let stand = try network.standIn()
        let cotangents = try network.cotangents(of: uses.meetings, seed: stand)
        for (parameter, list) in uses.uses.enumerated() {
            values.append([])
            if let reason = uses.unsupported[parameter] {
                refusals.append((parameter, reason))
                continue
            }
            do {
                values[parameter] = try list.map {
                    try $0.values(
                        cotangents[$0.meeting]!, shape: network.problem.parameters[parameter].shape, in: graph)
                }
            } catch let error as UnsupportedUse { refusals.append((parameter, error.reason)) }
        }
        for node in graph.ancestors(of: [network.z]) {
            for operand in graph.operands(node) { consumers[operand, default: []].append(node) }
        }
    }

    private mutating func layers(for name: String) throws -> [FactoredLayer] {
        let refused = Set(refusals.map(\.parameter))
        var roles: [FactoredLayer.Role?] = []
        for parameter in uses.uses.indices { roles.append(refused.contains(parameter) ? nil : role(parameter)) }
        if !refusals.isEmpty { throw refusal(name) }
        for (parameter, role) in roles.enumerated() {
            guard case .affine = role else { continue }
            for (index, use) in uses.uses[parameter].enumerated() {
                if let product = try primal(use) { products[product] = (parameter, index) }
            }
        }
        // The bias of each use of a weight.
        var biases: [Int: (weight: Int, uses: Set<Int>)] = [:]
        var taken: Set<Int> = []
        for (parameter, role) in roles.enumerated() where role == .elementwise {
            let partners = try uses.uses[parameter].flatMap { try self.partners($0) }
            // Where one shift is added to several products, what arrives at it is a sum already.
            if partners.allSatisfy({ $0 == .unselected }), partners.count == uses.uses[parameter].count {
                roles[parameter] = .bias
                continue
            }
            var matched: Set<Int> = []
            var weights: Set<Int> = []
            for case .weight(let weight, let use) in partners {
                weights.insert(weight)
                matched.insert(use)
            }
            guard let weight = weights.first, weights.count == 1, matched.count == partners.count,
                !taken.contains(weight)
            else { continue }
            taken.insert(weight)
            biases[parameter] = (weight, matched)
        }
        return roles.enumerated().compactMap { parameter, role in
            if biases[parameter] != nil { return nil }
            let list = uses.uses[parameter]
            if role == .bias {
                return FactoredLayer(
                    role: .bias, weight: nil, bias: parameter,
                    uses: list.map { LayerUse(parameter: $0, hasBias: true) })
            }
            let bias = biases.first { $0.value.weight == parameter }
            return FactoredLayer(
                role: role!, weight: parameter, bias: bias?.key,
                uses: list.enumerated().map {
                    LayerUse(parameter: $1, hasBias: bias?.value.uses.contains($0) ?? false)
                })
        }
    }

    // MARK: Roles

    private mutating func role(_ parameter: Int) -> FactoredLayer.Role? {
        let list = uses.uses[parameter]
        if list.isEmpty { return .unused }
        if list.allSatisfy(\.isElementwise) { return .elementwise }
        let layouts = Set(values[parameter].map(\.layout))
        let lookups = list.count { if case .lookup = $0.kind { true } else { false } }
        if layouts.count == 1, lookups == 0, !list.contains(where: \.isElementwise) { return .affine(layouts.first!) }
        if layouts.count == 1, lookups == list.count { return .table(layouts.first!) }
        let roles = Set(zip(list, values[parameter]).map { text($0, $1.layout) }).sorted()
        refusals.append((parameter, "is used in \(roles.count) roles (\(roles.joined(separator: ", ")))"))
        return nil
    }
    private func text(_ use: ParameterUse, _ layout: MatrixLayout) -> String {
        switch use.kind {
        case .lookup: return "a table of embeddings"
        case .product where !use.isElementwise, .convolution:
            let form = "\(layout.outputs) x \(layout.inputs)"
            return layout.isRowMajor ? "a matrix of \(form)" : "a transposed matrix of \(form)"
        default: return "a scale or shift"
        }
    }

    private func refusal(_ name: String) -> ProblemError {
        let parameters = network.problem.parameters
        let listed = refusals.sorted { $0.parameter < $1.parameter }
        let reasons = listed.map { "\(OneLine.quotedName(parameters[$0.parameter].name)) \($0.reason)" }
        let remedy = listed.map { "-" + OneLine.plain(parameters[$0.parameter].name) }.joined(separator: ",")
        return ProblemError(
            .parameters,
            "\(name): no Kronecker-factored block: \(reasons.joined(separator: "; ")); leave it out with --parameters \(remedy), or use ggn"
        )
    }

    // MARK: Biases

    private enum Partner: Equatable {
        case weight(parameter: Int, use: Int)
        /// A product with a weight that is not selected.
        case unselected
        case none
    }

    /// What a shift is added to, in each place where it is.
    private func partners(_ use: ParameterUse) throws -> [Partner] {
        guard case .repetition = use.kind, let shift = try primal(use), let sums = consumers[shift] else {
            return [.none]
        }
        return try sums.map { try partner(use, shift, sum: $0) }
    }

    private func partner(_ use: ParameterUse, _ shift: Node, sum: Node) throws -> Partner {
        guard (graph.primitive(sum) as? Elementwise)?.operation == .add,
            let other = graph.operands(sum).first(where: { $0 != shift })
        else { return .none }
        // What arrives at the sum arrives at the shift and, through views, at the product.
        let arriving = try graph.input(.tangent(-2), graph.type(sum))
        var (root, cotangent) = (other, arriving)
        while graph.primitive(root) is Reshape || graph.primitive(root) is Permute {
            let operands = graph.operands(root)
            cotangent = try graph.primitive(root).transpose(0, cotangent: cotangent, operands: operands, in: graph)
            root = operands[0]
        }
        guard let product = products[root] else {
            return isProductWithWeight(root) && isVector(use.parameter) ? .unselected : .none
        }
        // A bias's gradients are those of the output, in the same order.
        func output(_ use: ParameterUse, _ cotangent: Node) throws -> Node {
            try use.values(cotangent, shape: network.problem.parameters[use.parameter].shape, in: graph).output
        }
        let weight = uses.uses[product.parameter][product.use]
        guard try output(use, arriving) == output(weight, cotangent) else { return .none }
        return .weight(parameter: product.parameter, use: product.use)
    }
    private func isVector(_ parameter: Int) -> Bool {
        network.problem.parameters[parameter].shape.count { $0 != 1 } <= 1
    }
    private func isProductWithWeight(_ node: Node) -> Bool {
        switch graph.primitive(node) {
        case is Contract: graph.operands(node).contains { !graph.shape($0).hasExamples }
        case let convolution as Convolution:
            convolution.role != .weight && graph.operands(node).contains { !graph.shape($0).hasExamples }
        default: false
        }
    }

    /// The node of the network itself that a use is the tangent of; nil unless the parameter gets there by views alone.
    private func primal(_ use: ParameterUse) throws -> Node? {
        var node = network.parameters[use.parameter]
        for step in use.path.reversed() {
            guard graph.primitive(step.node) is Reshape || graph.primitive(step.node) is Permute else { return nil }
            node = try graph.append(graph.primitive(step.node), node)
        }
        var operands = graph.operands(use.meeting)
        operands[use.operand] = node
        return try graph.append(graph.primitive(use.meeting), operands)
    }
}

extension NetworkLowering {
    /// Stands for a cotangent of the predictions while nodes are built. It is never evaluated.
    func standIn() throws -> Node { try graph.input(.tangent(-1), graph.type(z)) }

    /// What arrives at `meetings` when the Jacobian is transposed.
    func cotangents(of meetings: [Node], seed: Node) throws -> [Node: Node] {
        guard let linearized, !meetings.isEmpty else { return [:] }
        let cotangents = try graph.transpose([(linearized, seed)], to: meetings)
        return Dictionary(
            uniqueKeysWithValues: try zip(meetings, cotangents).map { ($0, try $1 ?? graph.zeros(like: $0)) })
    }
}
