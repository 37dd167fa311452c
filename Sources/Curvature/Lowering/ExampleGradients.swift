import TensorIR

/// Gradients of single examples, as the structure has them: where a parameter meets the data, what arrives there and what it is multiplied with.
struct ExampleGradients {
    private let network: NetworkLowering
    private var graph: TensorGraph { network.graph }
    private let uses: ParameterUses
    /// For each selected parameter, whether the structure gives its gradients example by example.
    private(set) var isSupported: [Bool] = []

    /// - Precondition: Examples do not meet.
    init(_ network: NetworkLowering) throws {
        self.network = network
        uses = ParameterUses(network)
        let stand = try network.standIn()
        let cotangents = try network.cotangents(of: uses.meetings, seed: stand)
        for (parameter, list) in uses.uses.enumerated() {
            let isKnown = uses.unsupported[parameter] == nil && !list.contains(where: \.isGrouped)
            let values = isKnown ? try? list.map { try self.values($0, cotangents, parameter) } : nil
            isSupported.append(values != nil)
        }
    }

    private func values(_ use: ParameterUse, _ cotangents: [Node: Node], _ parameter: Int) throws -> UseValues {
        try use.values(cotangents[use.meeting]!, shape: network.problem.parameters[parameter].shape, in: graph)
    }

    /// For each parameter, output gradients with a leading axis of columns (if there are several) and inputs of each use; none where ``isSupported``
    /// says no.
    func gradients(_ cotangents: Cotangents) throws -> [[UseValues]] {
        let stand = cotangents.columns == nil ? cotangents.node : try network.standIn()
        let arriving = try network.cotangents(of: uses.meetings, seed: stand)
        var values = try uses.uses.enumerated().map { index, list in
            isSupported[index] ? try list.map { try self.values($0, arriving, index) } : []
        }
        guard cotangents.columns != nil else { return values }
        // The sweep for one column stands for all.
        let outputs = try cotangents.columns(values.joined().map(\.output), standingIn: stand, in: graph)
        var next = outputs.makeIterator()
        for index in values.indices {
            for use in values[index].indices { values[index][use].output = next.next()! }
        }
        return values
    }
}

extension ParameterUse {
    /// Whether it is a convolution in several groups, whose inputs the factors average over.
    fileprivate var isGrouped: Bool {
        if case .convolution(let convolution) = kind { convolution.geometry.groups > 1 } else { false }
    }
}
