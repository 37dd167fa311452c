import Kernels
import TensorIR

@testable import Curvature

/// A network with a parameter of zeros added to the output of every layer, at every position: the Jacobian with respect to it is what
/// arrives at the output when the network is transposed, example by example.
struct ProbedNetwork {
    /// One use of a layer, as whoever wrote the network knows it.
    struct Use {
        enum Form {
            /// Inputs (positions, in) and outputs (positions, out).
            case linear
            /// Inputs (frames, channels, space) and outputs (frames, out, space).
            case convolution(ConvolutionGeometry, taps: [Int], frames: Int, channels: Int, space: [Int])
            /// Inputs are rows' indices.
            case table
        }
        var weight: String
        var bias: String?
        var probe: String
        var input: Node
        var form: Form
        var outputs: Int
        var positions: Int
    }
    var network: TestNetwork
    var uses: [Use] = []
    var inputShape: [Int]
    /// The rows that inputs pick from, where they are indices.
    var rows: Int?
    var prediction: Node?

    var graph: TensorGraph { network.graph }
    var model: Model { network.model(prediction!) }
    /// The parameters of the network itself.
    static let own = ["-probe*"]

    init(inputShape: [Int], rows: Int? = nil, seed: UInt64) {
        (network, self.inputShape, self.rows) = (TestNetwork(seed: seed), inputShape, rows)
    }
    mutating func input() throws -> Node { try network.input(inputShape, rows == nil ? .real : .int64) }

    private mutating func probed(_ y: Node, _ use: (String) -> Use) throws -> Node {
        let name = "probe\(uses.count)"
        let shape = graph.shape(y).dimensions.dropFirst().map(\.inner)
        let probe = try network.parameter(name, shape, scale: 0)
        uses.append(use(name))
        return try graph.add(y, graph.broadcast(probe, to: graph.shape(y)))
    }

    /// A parameter that may be there already.
    private mutating func parameter(_ name: String, _ shape: [Int]) throws -> Node {
        try network.parameters.first { $0.name == name }?.node ?? network.parameter(name, shape)
    }

    /// W x + b along the last axis; the bias only if it is named.
    mutating func linear(
        _ x: Node, _ weight: String, _ bias: String?, _ outputs: Int, isStoredTransposed: Bool = false,
        isFolded: Bool = false
    ) throws -> Node {
        let shape = graph.shape(x)
        let inputs = shape.dimensions.last!.inner
        var w = try parameter(weight, isStoredTransposed ? [inputs, outputs] : [outputs, inputs])
        if !isStoredTransposed { w = try graph.permute(w, [1, 0]) }
        let positions = shape.dimensions[1..<(shape.rank - 1)].reduce(1) { $0 * $1.inner }
        var rows = x
        if isFolded { rows = try graph.reshape(x, [Dimension(examplesTimes: positions), Dimension(inputs)]) }
        var y = try graph.matmul(rows, w)
        if let bias { y = try graph.add(y, graph.broadcast(parameter(bias, [outputs]), to: graph.shape(y))) }
        if isFolded { y = try graph.reshape(y, Shape(shape.dimensions.dropLast() + [Dimension(outputs)])) }
        return try probed(y) {
            Use(
                weight: weight, bias: bias, probe: $0, input: x, form: .linear, outputs: outputs, positions: positions)
        }
    }

    /// - Parameters:
    ///   - frames: Images that each example has, (examples, frames, channels, space); nil where it is one, without an axis.
    ///   - isStoredFlat: Whether the weight is stored as a matrix.
    mutating func convolution(
        _ x: Node, _ weight: String, _ bias: String?, _ outputs: Int, taps: [Int], _ geometry: ConvolutionGeometry,
        frames: Int? = nil, isStoredFlat: Bool = false
    ) throws -> Node {
        var images = x
        if let frames {
            images = try graph.reshape(
                x, Shape([Dimension(examplesTimes: frames)] + graph.shape(x).dimensions[2...]))
        }
        let shape = graph.shape(images)
        let channels = shape[1].inner
        let sizes = [outputs, channels / geometry.groups] + taps
        var w = try parameter(weight, isStoredFlat ? [outputs, sizes[1...].reduce(1, *)] : sizes)
        if isStoredFlat { w = try graph.reshape(w, Shape(sizes)) }
        var y = try graph.append(Convolution(.output, geometry), images, w)
        if let bias { y = try graph.add(y, graph.broadcast(parameter(bias, [outputs]), to: graph.shape(y), axes: [1])) }
        let positions = graph.shape(y).dimensions[2...].reduce(frames ?? 1) { $0 * $1.inner }
        if let frames {
            y = try graph.reshape(y, Shape([.examples, Dimension(frames)] + graph.shape(y).dimensions[1...]))
        }
        return try probed(y) {
            Use(
                weight: weight, bias: bias, probe: $0, input: x,
                form: .convolution(
                    geometry, taps: taps, frames: frames ?? 1, channels: channels,
                    space: shape.dimensions[2...].map(\.inner)),
                outputs: outputs, positions: positions)
        }
    }

    mutating func embedding(_ indices: Node, _ name: String, width: Int) throws -> Node {
        let table = try parameter(name, [rows!, width])
        let y = try graph.append(Gather(), table, indices)
        let positions = graph.shape(indices).dimensions.dropFirst().reduce(1) { $0 * $1.inner }
        return try probed(y) {
            Use(
                weight: name, bias: nil, probe: $0, input: indices, form: .table, outputs: width, positions: positions)
        }
    }

    mutating func layerNormalization(_ x: Node, _ name: String) throws -> Node {
        let shape = graph.shape(x)
        let last = shape.rank - 1
        let width = shape[last].inner
        let centred = try graph.subtract(x, graph.broadcast(graph.mean(x, axes: [last]), like: x, without: [last]))
        let variance = try graph.mean(graph.square(centred), axes: [last])
        let inverse = try graph.reciprocal(graph.sqrt(graph.add(variance, graph.filled(1e-3, like: variance))))
        let normal = try graph.multiply(centred, graph.broadcast(inverse, like: x, without: [last]))
        let scale = try graph.broadcast(parameter("\(name).weight", [width]), to: shape)
        let shift = try graph.broadcast(parameter("\(name).bias", [width]), to: shape)
        return try graph.add(graph.multiply(normal, scale), shift)
    }
}

extension ProbedNetwork {
    /// Networks by name, with the architecture whose predictions they have.
    static let all = [
        "mlp", "branches", "twice", "twice, one bias", "attention", "folded", "convolution", "convolution 1D",
        "convolution twice",
        "frames",
        "transformer",
    ]
    static func architecture(_ name: String) -> Architecture {
        ["attention", "folded", "transformer"].contains(name) ? .sequence : .flat
    }

    static func named(_ name: String, seed: UInt64 = 4) throws -> ProbedNetwork {
        switch name {
        case "mlp":
            var net = ProbedNetwork(inputShape: [3], seed: seed)
            let hidden = try net.linear(net.input(), "0.weight", "0.bias", 4)
            net.prediction = try net.linear(net.graph.tanh(hidden), "1.weight", "1.bias", 3, isStoredTransposed: true)
            return net
        case "branches":
            // Two layers with the same output gradients, and two with the same inputs.
            var net = ProbedNetwork(inputShape: [3], seed: seed)
            let x = try net.input()
            let sum = try net.graph.add(
                net.linear(x, "0.weight", "0.bias", 4), net.linear(net.graph.tanh(x), "1.weight", nil, 4))
            let hidden = try net.graph.multiply(net.graph.tanh(sum), net.linear(x, "2.weight", "2.bias", 4))
            net.prediction = try net.linear(hidden, "3.weight", "3.bias", 3)
            return net
        case "twice", "twice, one bias":
            var net = ProbedNetwork(inputShape: [3], seed: seed)
            var x = try net.graph.tanh(net.linear(net.input(), "0.weight", nil, 4))
            x = try net.graph.tanh(net.linear(x, "1.weight", name == "twice" ? "1.bias" : nil, 4))
            x = try net.graph.tanh(net.linear(x, "1.weight", "1.bias", 4))
            net.prediction = try net.linear(x, "2.weight", "2.bias", 3)
            return net
        case "attention", "folded":
            var net = ProbedNetwork(inputShape: [4, 3], seed: seed)
            let (graph, isFolded) = (net.graph, name == "folded")
            let x = try net.input()
            let q = try net.linear(x, "q.weight", "q.bias", 3, isFolded: isFolded)
            let k = try net.linear(x, "k.weight", "k.bias", 3, isStoredTransposed: true, isFolded: isFolded)
            let scores = try graph.contract(q, [0, 1, 3], graph.tanh(k), [0, 2, 3], to: [0, 1, 2])
            let mixed = try graph.contract(graph.softmax(scores, axis: 2), [0, 1, 2], x, [0, 2, 3], to: [0, 1, 3])
            net.prediction = try net.linear(
                graph.tanh(graph.add(mixed, x)), "out.weight", "out.bias", 3, isFolded: isFolded)
            return net
        case "convolution":
            var net = ProbedNetwork(inputShape: [2, 6, 5], seed: seed)
            let graph = net.graph
            var x = try net.convolution(
                net.input(), "0.weight", "0.bias", 4, taps: [3, 2],
                ConvolutionGeometry(strides: [2, 1], dilations: [1, 2], padLow: [1, 0], padHigh: [0, 1], groups: 2))
            x = try net.convolution(
                graph.tanh(x), "1.weight", nil, 3, taps: [2, 3],
                ConvolutionGeometry(strides: [1, 2], dilations: [1, 1], padLow: [0, 1], padHigh: [1, 1], groups: 1))
            let features = graph.shape(x).dimensions.dropFirst().reduce(1) { $0 * $1.inner }
            x = try graph.reshape(graph.tanh(x), [.examples, Dimension(features)])
            net.prediction = try net.linear(x, "2.weight", "2.bias", 3)
            return net
        case "convolution 1D":
            var net = ProbedNetwork(inputShape: [3, 7], seed: seed)
            let graph = net.graph
            let x = try net.convolution(
                net.input(), "0.weight", "0.bias", 4, taps: [3],
                ConvolutionGeometry(strides: [2], dilations: [2], padLow: [2], padHigh: [1], groups: 1))
            net.prediction = try net.linear(graph.mean(graph.tanh(x), axes: [2]), "1.weight", "1.bias", 3)
            return net
        case "convolution twice":
            // The same weight, stored as a matrix, under two geometries; and one bias.
            var net = ProbedNetwork(inputShape: [2, 5, 6], seed: seed)
            let graph = net.graph
            let first = ConvolutionGeometry(
                strides: [1, 1], dilations: [1, 2], padLow: [1, 2], padHigh: [1, 2], groups: 1)
            let second = ConvolutionGeometry(
                strides: [2, 1], dilations: [1, 1], padLow: [0, 1], padHigh: [0, 1], groups: 1)
            var x = try net.convolution(
                net.input(), "0.weight", "0.bias", 2, taps: [3, 3], first, isStoredFlat: true)
            x = try net.convolution(graph.tanh(x), "0.weight", nil, 2, taps: [3, 3], second, isStoredFlat: true)
            net.prediction = try net.linear(graph.mean(graph.tanh(x), axes: [2, 3]), "1.weight", "1.bias", 3)
            return net
        case "frames":
            var net = ProbedNetwork(inputShape: [3, 2, 5, 4], seed: seed)
            let graph = net.graph
            let x = try net.convolution(
                net.input(), "0.weight", "0.bias", 4, taps: [2, 3],
                ConvolutionGeometry(strides: [2, 1], dilations: [1, 1], padLow: [0, 1], padHigh: [1, 1], groups: 1),
                frames: 3)
            // Frames count differently.
            let mixed = try graph.multiply(
                x, graph.broadcast(net.network.parameter("frame", [3]), to: graph.shape(x), axes: [1]))
            net.prediction = try net.linear(
                graph.mean(graph.tanh(mixed), axes: [1, 3, 4]), "1.weight", "1.bias", 3)
            return net
        default:
            var net = ProbedNetwork(inputShape: [4], rows: 5, seed: seed)
            let graph = net.graph
            let embedded = try net.embedding(net.input(), "embedding", width: 3)
            let places = try net.network.parameter("places", [4, 3])
            var x = try graph.add(embedded, graph.broadcast(places, to: graph.shape(embedded), axes: [1, 2]))
            x = try net.layerNormalization(x, "norm")
            let q = try net.linear(x, "q.weight", "q.bias", 2)
            let scores = try graph.contract(q, [0, 1, 3], graph.tanh(q), [0, 2, 3], to: [0, 1, 2])
            let mixed = try graph.contract(graph.softmax(scores, axis: 2), [0, 1, 2], x, [0, 2, 3], to: [0, 1, 3])
            net.prediction = try net.linear(graph.add(mixed, x), "head.weight", nil, 3)
            return net
        }
    }
}

extension Problem {
    /// A probed network's own parameters under cross-entropy, with vectors that a test makes for their number.
    static func factored(
        _ name: String, _ architecture: Architecture,
        vectors: (Int) -> [String: (shape: [Int], values: ArraySource.Values)]
    ) throws -> Problem {
        let setup = try LossSetup(
            LossCase.classes[0], architecture, network: .named(name), parameters: ProbedNetwork.own)
        return try Problem(
            name: "test", model: setup.problem.model, loss: setup.problem.loss, data: setup.problem.data,
            vectors: ArraySource(vectors(setup.problem.shape.parameters)), parameters: ProbedNetwork.own)
    }
}
