import TensorIR

/// One step of a recurrent network in one direction: an Elman network, an LSTM (Hochreiter and Schmidhuber 1997; peepholes: Gers and
/// Schmidhuber 2000) or a GRU (Cho et al. 2014), with ONNX's order of gates.
struct RecurrentCell {
    enum Kind {
        case simple, longShortTerm, gated
        var gates: Int {
            switch self {
            case .simple: 1
            case .longShortTerm: 4
            case .gated: 3
            }
        }
        /// ONNX's, where the model names none.
        var activations: [String] {
            switch self {
            case .simple: ["Tanh"]
            case .longShortTerm: ["Sigmoid", "Tanh", "Tanh"]
            case .gated: ["Sigmoid", "Tanh"]
            }
        }
    }
    /// (examples, features) each; only an LSTM has a memory beside its hidden state.
    struct State {
        var hidden: Node
        var memory: Node?
    }

    let start: State
    private let call: OperatorCall
    private let kind: Kind
    private let features: Int
    /// (gates * features, inputs) and (gates * features, features).
    private let inputWeight: Node
    private let recurrentWeight: Node
    /// (gates * features) each.
    private let inputBias: Node?
    private let recurrentBias: Node?
    private let peepholes: [Node]
    private let activations: [RecurrentActivation]
    private let clip: Double?
    private let couplesGates: Bool
    private let resetsAfterProduct: Bool

    /// - Parameter input: positions, examples, features.
    init(
        _ call: OperatorCall, _ kind: Kind, direction: Int, of directions: Int, input: Node, _ isBatchFirst: Bool
    ) throws {
        let graph = call.graph
        (self.call, self.kind) = (call, kind)
        func part(_ index: Int) throws -> Node? {
            guard call.optional(index) != nil else { return nil }
            let node = try call.real(index)
            let shape = graph.shape(node)
            guard shape.rank > 1, shape[0] == Dimension(directions) else {
                throw call.invalid("its input \(index) has the shape \(shape); expected one part for each direction")
            }
            return try graph.reshape(
                graph.slice(node, axis: 0, start: direction, count: 1), shape.removing(axes: [0]))
        }
        func expect(_ node: Node, _ shape: Shape, _ what: String) throws {
            guard graph.shape(node) == shape else {
                throw call.invalid("its \(what) has the shape \(graph.shape(node)) for a direction; expected \(shape)")
            }
        }
        guard let weight = try part(1), let recurrent = try part(2), graph.shape(recurrent).rank == 2,
            let features = graph.shape(recurrent)[1].number, features > 0
        else { throw call.invalid("its weights are missing, or are no matrices") }
        if let stated = try call.int("hidden_size"), stated != features {
            throw call.invalid("its attribute 'hidden_size' is \(stated), but its weights have \(features)")
        }
        let rows = Dimension(kind.gates * features)
        try expect(weight, Shape([rows, graph.shape(input)[2]]), "weight")
        try expect(recurrent, Shape([rows, Dimension(features)]), "recurrence weight")
        (self.features, inputWeight, recurrentWeight) = (features, weight, recurrent)
        if let bias = try part(3) {
            try expect(bias, Shape([Dimension(2 * kind.gates * features)]), "bias")
            let count = kind.gates * features
            inputBias = try RecurrentCell.entries(of: bias, from: 0, count: count, in: graph)
            recurrentBias = try RecurrentCell.entries(of: bias, from: count, count: count, in: graph)
        } else {
            (inputBias, recurrentBias) = (nil, nil)
        }
        let state = Shape([graph.shape(input)[1], Dimension(features)])
        func initial(_ index: Int) throws -> Node {
            guard call.optional(index) != nil else { return try graph.filled(0, state) }
            var node = try call.real(index)
            guard graph.shape(node).rank == 3 else {
                throw call.invalid("its initial state has the shape \(graph.shape(node)); expected three axes")
            }
            if isBatchFirst { node = try graph.permute(node, [1, 0, 2]) }
            node = try graph.slice(node, axis: 0, start: direction, count: 1)
            let one = try graph.reshape(node, graph.shape(node).removing(axes: [0]))
            // A state for each example of a batch that the exporter fixed is one for each example.
            let aligned = try call.broadcastTogether([one, graph.filled(0, state)])[0]
            try expect(aligned, state, "initial state")
            return aligned
        }
        start = State(hidden: try initial(5), memory: kind == .longShortTerm ? try initial(6) : nil)
        if kind == .longShortTerm, let peephole = try part(7) {
            try expect(peephole, Shape([Dimension(3 * features)]), "peephole weight")
            peepholes = try (0..<3).map {
                try graph.slice(peephole, axis: 0, start: $0 * features, count: features)
            }
        } else {
            peepholes = []
        }
        activations = try RecurrentActivation.all(call, defaults: kind.activations, direction, of: directions)
        clip = try call.float("clip")
        couplesGates = try call.flag("input_forget", default: false)
        resetsAfterProduct = try call.flag("linear_before_reset", default: false)
    }

    private var graph: TensorGraph { call.graph }

    /// Entries of a bias. Where an exporter joined two of the network's biases they are that one again: the shift of the layer's product,
    /// as which it has its place in Kronecker factors.
    private static func entries(of bias: Node, from start: Int, count: Int, in graph: TensorGraph) throws -> Node {
        if let joined = graph.primitive(bias) as? Concatenate, joined.axis == 0 {
            var first = 0
            for operand in graph.operands(bias) {
                guard let size = graph.shape(operand)[0].number else { break }
                if first <= start, start + count <= first + size {
                    return try entries(of: operand, from: start - first, count: count, in: graph)
                }
                first += size
            }
        }
        return try graph.slice(bias, axis: 0, start: start, count: count)
    }

    /// What the input contributes to the gates at all positions: positions, examples, gates * features.
    func projected(_ x: Node) throws -> Node {
        let product = try graph.contract(x, [0, 1, 2], inputWeight, [3, 2], to: [0, 1, 3])
        return try inputBias.map { try call.add(product, $0) } ?? product
    }

    /// - Parameter row: the input's contribution at one position, (examples, gates * features).
    func step(_ row: Node, _ state: State) throws -> State {
        switch kind {
        case .simple:
            let sum = try call.add(row, recurrence(state.hidden, 0..<1))
            return State(hidden: try activate(0, sum))
        case .longShortTerm: return try longShortTermStep(row, state)
        case .gated: return try gatedStep(row, state.hidden)
        }
    }

    /// The hidden state's contribution to some of the gates.
    private func recurrence(_ hidden: Node, _ gates: Range<Int>) throws -> Node {
        let (first, count) = (gates.lowerBound * features, gates.count * features)
        let weight = try graph.slice(recurrentWeight, axis: 0, start: first, count: count)
        let product = try graph.contract(hidden, [0, 1], weight, [2, 1], to: [0, 2])
        guard let recurrentBias else { return product }
        return try call.add(product, graph.slice(recurrentBias, axis: 0, start: first, count: count))
    }
    private func gate(_ index: Int, of gates: Node) throws -> Node {
        try graph.slice(gates, axis: 1, start: index * features, count: features)
    }
    private func activate(_ index: Int, _ x: Node) throws -> Node {
        try activations[index].apply(clip.map { try call.clamp(x, -$0, $0) } ?? x, call)
    }

    /// Gates in the order input, output, forget, candidate.
    private func longShortTermStep(_ row: Node, _ state: State) throws -> State {
        let gates = try call.add(row, recurrence(state.hidden, 0..<4))
        let memory = state.memory!
        func peeping(_ gate: Node, _ index: Int, at memory: Node) throws -> Node {
            peepholes.isEmpty ? gate : try call.add(gate, call.multiply(memory, peepholes[index]))
        }
        let input = try activate(0, peeping(gate(0, of: gates), 0, at: memory))
        let forget =
            try couplesGates
            ? graph.subtract(graph.filled(1, like: input), input)
            : activate(0, peeping(gate(2, of: gates), 2, at: memory))
        let candidate = try activate(1, gate(3, of: gates))
        let next = try graph.add(graph.multiply(forget, memory), graph.multiply(input, candidate))
        let output = try activate(0, peeping(gate(1, of: gates), 1, at: next))
        return State(hidden: try graph.multiply(output, activations[2].apply(next, call)), memory: next)
    }

    /// Gates in the order update, reset, candidate.
    private func gatedStep(_ row: Node, _ hidden: Node) throws -> State {
        let gates = try graph.add(
            graph.slice(row, axis: 1, start: 0, count: 2 * features), recurrence(hidden, 0..<2))
        let update = try activate(0, gate(0, of: gates))
        let reset = try activate(0, gate(1, of: gates))
        let recurrent =
            try resetsAfterProduct
            ? graph.multiply(reset, recurrence(hidden, 2..<3)) : recurrence(graph.multiply(reset, hidden), 2..<3)
        let candidate = try activate(1, graph.add(gate(2, of: row), recurrent))
        let keep = try graph.multiply(update, hidden)
        let renew = try graph.multiply(graph.subtract(graph.filled(1, like: update), update), candidate)
        return State(hidden: try graph.add(renew, keep))
    }
}
