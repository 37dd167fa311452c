import Curvature
import Kernels
import TensorIR

/// Seeded numbers for tests: the same on every machine.
struct SeededNumbers {
    private var state: UInt64
    init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 0x1234_5678_9ABC_DEF1 }
    mutating func next() -> Double {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Double(state >> 33) / Double(1 << 30) - 1
    }
    mutating func array(_ count: Int, scale: Double = 1) -> [Double] { (0..<count).map { _ in next() * scale } }
}

/// A network written with graph builders, with parameters that a test can move.
struct TestNetwork {
    let graph = TensorGraph()
    private(set) var parameters: [Parameter] = []
    private(set) var inputs: [ModelInput] = []
    var numbers: SeededNumbers

    init(seed: UInt64) { numbers = SeededNumbers(seed: seed) }

    mutating func input(_ sizes: [Int], _ element: ElementType = .real) throws -> Node {
        let type = TensorType(Shape([.examples] + sizes.map { Dimension($0) }), element)
        let node = try graph.input(.data("inputs"), type)
        inputs.append(ModelInput(name: "inputs", node: node, type: type))
        return node
    }
    mutating func parameter(_ name: String, _ shape: [Int], scale: Double = 0.5) throws -> Node {
        let node = try graph.input(.parameter(parameters.count), TensorType(Shape(shape)))
        parameters.append(
            Parameter(
                name: name, shape: shape, isTrainable: true, reason: "", node: node,
                values: .float64(numbers.array(shape.reduce(1, *), scale: scale))))
        return node
    }
    mutating func linear(_ name: String, _ x: Node, _ outputs: Int) throws -> Node {
        let inner = graph.shape(x).dimensions.last!.inner
        let weight = try parameter("\(name).weight", [outputs, inner])
        let bias = try parameter("\(name).bias", [outputs])
        let product = try graph.matmul(x, graph.permute(weight, [1, 0]))
        return try graph.add(product, graph.broadcast(bias, to: graph.shape(product)))
    }
    func model(_ prediction: Node) -> Model {
        Model(graph: graph, prediction: prediction, inputs: inputs, parameters: parameters)
    }

    /// inputs - hidden (tanh) - outputs.
    static func mlp(_ sizes: [Int], seed: UInt64 = 1) throws -> Model {
        var network = TestNetwork(seed: seed)
        var x = try network.input([sizes[0]])
        for (index, size) in sizes.dropFirst().enumerated() {
            x = try network.linear("\(index)", x, size)
            if index < sizes.count - 2 { x = try network.graph.tanh(x) }
        }
        return network.model(x)
    }

    /// A sequence model: each of `terms` positions sees the others through softmax attention.
    static func attention(inputs: Int, terms: Int, outputs: Int, seed: UInt64 = 2) throws -> Model {
        var network = TestNetwork(seed: seed)
        let graph = network.graph
        let x = try network.input([terms, inputs])
        let (q, k) = (try network.linear("q", x, 3), try network.linear("k", x, 3))
        let scores = try graph.contract(q, [0, 1, 3], k, [0, 2, 3], to: [0, 1, 2])
        let mixed = try graph.contract(graph.softmax(scores, axis: 2), [0, 1, 2], x, [0, 2, 3], to: [0, 1, 3])
        let output = try network.linear("out", graph.tanh(graph.add(mixed, x)), outputs)
        return network.model(output)
    }
}

extension Model {
    /// The same network with other parameter values, all concatenated.
    func with(_ values: [Double]) -> Model {
        var start = 0
        let moved = parameters.map { parameter in
            defer { start += parameter.count }
            return Parameter(
                name: parameter.name, shape: parameter.shape, isTrainable: parameter.isTrainable,
                reason: parameter.reason,
                node: parameter.node, values: .float64(Array(values[start..<start + parameter.count])))
        }
        return Model(graph: graph, prediction: prediction, inputs: inputs, parameters: moved)
    }
    var allValues: [Double] {
        parameters.flatMap(\.values.doubles)
    }
}

/// Compiles and runs requests.
func evaluate(
    _ requests: [String], _ problem: Problem, batchSize: Int? = nil, threads: Int = 1, precision: Precision = .float64,
    isNaive: Bool = false, disabledRules: Set<String> = []
) throws -> (results: Results, plan: Plan, measurement: RunMeasurement) {
    var options = PlanOptions()
    (options.precision, options.batchSize, options.threads) = (precision, batchSize, threads)
    (options.isNaive, options.disabledRules) = (isNaive, disabledRules)
    let plan = try Plan(parseRequests(requests, in: problem), problem: problem, options: options)
    let execution = try Execution(plan)
    return (try execution.run(), plan, execution.measurement)
}

/// The norm of the difference over the norm of what is wanted.
func relativeError(_ got: [Double], _ want: [Double]) -> Double {
    guard got.count == want.count else { return .infinity }
    let scale = want.reduce(0) { $0 + $1 * $1 }.squareRoot()
    let error = zip(got, want).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot()
    return error.isNaN ? .infinity : error / (scale == 0 ? 1 : scale)
}
