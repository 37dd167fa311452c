import Kernels
import TensorIR

/// A use's output gradients and inputs, in the axes of the parameter: its gradient is the sum over positions of their products.
struct UseValues {
    enum Input {
        /// (examples, positions, inputs).
        case dense(Node)
        /// Rows of a table, (examples, positions), int64: the input is a unit vector.
        case rows(Node)
        /// 1: the output gradient is the gradient.
        case none
    }
    /// (examples, positions, outputs).
    var output: Node
    var input: Input
    var layout: MatrixLayout
    /// Where the inputs are a convolution's patches, at more than one position: what they are patches of.
    var patches: Patches?
}

/// A convolution's inputs before they are unfolded.
struct Patches {
    /// (examples or several for each, channels of a group, space).
    var image: Node
    var geometry: ConvolutionGeometry
    var taps: [Int]
    var positions: Int
}

extension ParameterUse {
    /// Whether each entry of the parameter has a gradient of its own: a scale, a shift, a stack of matrices.
    var isElementwise: Bool {
        switch kind {
        case .repetition: true
        case .product(let contract): !stacked(contract).isEmpty
        case .convolution, .lookup: false
        }
    }
    private func labels(_ contract: Contract) -> (own: [Int], other: [Int]) {
        operand == 0 ? (contract.left, contract.right) : (contract.right, contract.left)
    }
    /// Labels along which there is another matrix at each position.
    private func stacked(_ contract: Contract) -> [Int] {
        let (own, other) = labels(contract)
        return own.filter { other.contains($0) && contract.result.contains($0) }
    }

    /// - Parameters:
    ///   - cotangent: What arrives at the meeting when the network is transposed.
    ///   - averages: Whether inputs are averaged over positions, of which one is left.
    func values(
        _ cotangent: Node, shape: [Int], in graph: TensorGraph, averagingInputs averages: Bool = false
    ) throws -> UseValues {
        var (gradient, rows) = try atMeeting(cotangent, graph, averages)
        for step in path { try gradient.pullBack(step, in: graph) }
        let layout = MatrixLayout(
            shape: shape, outputAxes: shape.indices.filter { gradient.sides[$0] == .output },
            inputAxes: shape.indices.filter { gradient.sides[$0] == .input })
        func flat(_ node: Node, _ count: Int) throws -> Node {
            try graph.reshape(node, Shape(Array(graph.shape(node).dimensions[..<2]) + [Dimension(count)]))
        }
        let output = try flat(gradient.output, layout.outputs)
        if let rows { return UseValues(output: output, input: .rows(rows), layout: layout) }
        guard let input = gradient.input else { return UseValues(output: output, input: .none, layout: layout) }
        return UseValues(
            output: output, input: .dense(try flat(input, layout.inputs)), layout: layout,
            patches: try averages ? nil : patches(in: graph))
    }

    /// nil where the inputs are none, the image itself, or not in the order of a patch.
    private func patches(in graph: TensorGraph) throws -> Patches? {
        let keepsOrder = path.allSatisfy {
            graph.primitive($0.node) is Reshape || graph.primitive($0.node) is Elementwise
        }
        guard case .convolution(let convolution) = kind, keepsOrder else { return nil }
        let operands = graph.operands(meeting)
        let taps = graph.shape(operands[operand]).dimensions[2...].map(\.inner)
        let image = try graph.groupMean(operands[1 - operand], convolution.geometry)
        var geometry = convolution.geometry
        geometry.groups = 1
        let images = graph.shape(image)[0]
        let space = graph.shape(meeting).dimensions[2...].reduce(images.inner) { $0 * $1.inner }
        if geometry.isPointwise(taps) || images.outer != 1 || space == 1 { return nil }
        return Patches(image: image, geometry: geometry, taps: taps, positions: space)
    }

    /// Output gradients and inputs in the axes of the value that meets the data.
    private func atMeeting(_ cotangent: Node, _ graph: TensorGraph, _ averages: Bool) throws -> (
        SidedGradient, rows: Node?
    ) {
        let data = graph.operands(meeting).count > 1 ? graph.operands(meeting)[1 - operand] : nil
        let example = graph.shape(meeting).exampleAxis!
        let rank = graph.shape(graph.operands(meeting)[operand]).rank
        // Without a path the sides' axes are final, and may be merged before they are permuted.
        let merges = path.isEmpty
        switch kind {
        case .product(let contract):
            let (own, other) = labels(contract)
            let result = contract.result
            if !stacked(contract).isEmpty {
                let product = try graph.contract(cotangent, result, data!, other, to: [result[example]] + own)
                let form = try graph.positionForm(
                    product, example: 0, positions: [], features: Array(1..<(own.count + 1)))
                return (SidedGradient(sides: own.map { _ in .output }, output: form, input: nil), nil)
            }
            let positions = other.filter { result.contains($0) && $0 != result[example] }
            func form(_ node: Node, _ labels: [Int], _ features: [Int]) throws -> Node {
                let place = { (label: Int) in labels.firstIndex(of: label)! }
                return try graph.positionForm(
                    node, example: place(result[example]), positions: positions.map(place),
                    features: features.map(place), mergesFeatures: merges)
            }
            var input = try form(data!, other, own.filter { !result.contains($0) })
            if averages { input = try graph.expand(graph.mean(input, axes: [1]), at: 1) }
            return (
                SidedGradient(
                    sides: own.map { result.contains($0) ? .output : .input },
                    output: try form(cotangent, result, own.filter { result.contains($0) }), input: input), nil
            )
        case .convolution(let convolution):
            let taps = graph.shape(graph.operands(meeting)[operand]).dimensions[2...].map(\.inner)
            let space = Array(2..<(2 + taps.count))
            let output = try graph.positionForm(cotangent, example: 0, positions: space, features: [1])
            let input: Node
            if averages {
                input = try graph.meanPatches(data!, convolution.geometry, taps: taps)
            } else {
                let patches = try graph.patches(data!, convolution.geometry, taps: taps)
                // The weight's own axes: channels of a group, and taps.
                let shape = graph.shape(patches)
                let channels = Dimension(shape[1].inner / taps.reduce(1, *))
                let split = try graph.reshape(
                    patches, Shape([shape[0], channels] + taps.map { Dimension($0) } + shape.dimensions[2...]))
                input = try graph.positionForm(
                    split, example: 0, positions: space.map { $0 + taps.count }, features: Array(1..<(2 + taps.count)),
                    mergesFeatures: merges)
            }
            let inputs = [SidedGradient.Side](repeating: .input, count: rank - 1)
            return (SidedGradient(sides: [.output] + inputs, output: output, input: input), nil)
        case .lookup(let gather):
            let indices = graph.shape(data!)
            let place = indices.exampleAxis!
            let others = (0..<indices.rank).filter { $0 != place }
            let features = Array(0..<gather.lead) + Array((gather.lead + indices.rank)..<graph.shape(meeting).rank)
            let output = try graph.positionForm(
                cotangent, example: example, positions: others.map { $0 + gather.lead }, features: features)
            let rows = try graph.positionForm(data!, example: place, positions: others, features: [])
            var sides = [SidedGradient.Side](repeating: .output, count: rank)
            sides[gather.lead] = .input
            return (SidedGradient(sides: sides, output: output, input: nil), rows)
        case .repetition(let broadcast):
            let others = (0..<broadcast.shape.rank).filter { !broadcast.axes.contains($0) && $0 != example }
            let output = try graph.positionForm(
                cotangent, example: example, positions: others, features: broadcast.axes, mergesFeatures: merges)
            let sides = [SidedGradient.Side](repeating: .output, count: rank)
            return (SidedGradient(sides: sides, output: output, input: nil), nil)
        }
    }
}
