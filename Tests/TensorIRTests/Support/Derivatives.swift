import Testing

@testable import TensorIR

/// Checks the rules of all primitives in `build` against each other: values against `reference`, the forward derivative
/// against differences, the transpose by the inner-product identity, second derivatives against differences of the
/// gradient and for symmetry, blocks against single columns, and float32 against float64.
///
/// - Parameters:
///   - isConstant: The derivative is zero everywhere, and known to be.
///   - batchesInputs: Whether also blocks of the inputs themselves are checked (not of tangents only).
///   - step: Of the differences; no input may be as close as three of these to a kink.
func expectDerivativesMatch(
    _ inputs: [Input], seed: UInt64, examples: Int = 3, isConstant: Bool = false, batchesInputs: Bool = true,
    step: Double = 1e-3, singleTolerance: Double = 1e-4, sourceLocation: SourceLocation = #_sourceLocation,
    build: (TensorGraph, [Node]) throws -> Node, reference: (([Dense]) throws -> Dense)? = nil
) throws {
    let check = try DerivativeCheck(
        inputs, seed: seed, examples: examples, step: step, sourceLocation: sourceLocation, build: build)
    if let reference { try check.expectValue(reference) }
    if isConstant {
        #expect(check.tangent == nil, "\(check.label) has a tangent", sourceLocation: sourceLocation)
    } else {
        check.expectForwardDerivative()
        check.expectTranspose()
        check.expectSecondDerivative()
        try check.expectTangentBlocks()
    }
    if batchesInputs { try check.expectInputBlocks() }
    check.expectSinglePrecision(within: singleTolerance)
    check.expectCounts()
    try expectInvariants(check.graph, check.label, sourceLocation: sourceLocation)
}

private struct DerivativeCheck {
    let graph = TensorGraph()
    let inputs: [Input]
    let examples: Int
    let step: Double
    let label: String
    let sourceLocation: SourceLocation

    let leaves: [Node]
    /// The leaves that can have tangents, and these; `directions` are those of second derivatives.
    let parameters: [Node]
    let tangents: [Node]
    let directions: [Node]
    let output: Node
    let cotangent: Node
    /// Along which the cotangent moves while the gradient is differentiated.
    let cotangentDirection: Node
    let tangent: Node?
    /// One for each parameter, nil where it is zero.
    let gradient: [Node?]
    let curvature: [Node?]
    let values: [Node: [Double]]

    init(
        _ inputs: [Input], seed: UInt64, examples: Int, step: Double, sourceLocation: SourceLocation,
        build: (TensorGraph, [Node]) throws -> Node
    ) throws {
        (self.inputs, self.examples, self.step, self.sourceLocation) = (inputs, examples, step, sourceLocation)
        let graph = graph
        leaves = try inputs.enumerated().map { try $1.leaf($0, in: graph) }
        output = try build(graph, leaves)
        label = "\(graph.primitive(output).name), seed \(seed)"
        parameters = leaves.filter { graph.type($0).element.isFloating }
        tangents = try parameters.enumerated().map { try graph.input(.tangent($0), graph.type($1)) }
        directions = try parameters.enumerated().map {
            try graph.input(.vector(slot: 0, parameter: $0, hasColumns: false), graph.type($1))
        }
        cotangent = try graph.input(.outputVector(slot: 1, hasColumns: false), graph.type(output))
        cotangentDirection = try graph.input(.outputVector(slot: 2, hasColumns: false), graph.type(output))

        let (tangents, cotangent, parameters) = (tangents, cotangent, parameters)
        let tangent = try graph.linearize([output], seeds: Dictionary(uniqueKeysWithValues: zip(parameters, tangents)))[
            0]
        let gradient: [Node?] =
            if let tangent { try graph.transpose([(tangent, cotangent)], to: tangents) } else {
                parameters.map { _ in nil }
            }
        var seeds = Dictionary(uniqueKeysWithValues: zip(parameters, directions))
        seeds[cotangent] = cotangentDirection
        curvature = try gradient.map { piece in try piece.flatMap { try graph.linearize([$0], seeds: seeds)[0] } }
        (self.tangent, self.gradient) = (tangent, gradient)

        var generator = SeededGenerator(seed: seed)
        var values: [Node: [Double]] = [:]
        for (leaf, input) in zip(leaves, inputs) {
            values[leaf] = input.values(graph.shape(leaf).count(examples: examples), &generator)
        }
        for leaf in tangents + directions + [cotangent, cotangentDirection] {
            values[leaf] = generator.uniform(count: graph.shape(leaf).count(examples: examples))
        }
        self.values = values
    }

    // MARK: Evaluation

    private func evaluate(
        _ nodes: [Node], _ overrides: [Node: [Double]] = [:], precision: Precision = .double, copiesViews: Bool = false
    ) -> [Dense] {
        Interpreter(
            graph, leaves: values.merging(overrides) { $1 }, examples: examples,
            precision: precision == .double ? .float64 : .float32, copiesViews: copiesViews
        ).values(nodes)
    }
    private enum Precision { case single, double }

    /// The derivative of `nodes` where each key of `velocities` moves with its value: central differences of fourth
    /// order.
    private func differences(_ nodes: [Node], _ velocities: [Node: [Double]]) -> [[Double]] {
        func moved(_ times: Double) -> [[Double]] {
            var leaves: [Node: [Double]] = [:]
            for (leaf, velocity) in velocities {
                leaves[leaf] = zip(values[leaf]!, velocity).map { $0 + times * step * $1 }
            }
            return evaluate(nodes, leaves).map(\.values)
        }
        let (near, back, far, farBack) = (moved(1), moved(-1), moved(2), moved(-2))
        return nodes.indices.map { node in
            near[node].indices.map { i in
                (8 * (near[node][i] - back[node][i]) - (far[node][i] - farBack[node][i])) / (12 * step)
            }
        }
    }

    private func product(_ a: [Double], _ b: [Double]) -> (sum: Double, magnitude: Double) {
        zip(a, b).reduce((0, 0)) { ($0.0 + $1.0 * $1.1, $0.1 + abs($1.0 * $1.1)) }
    }
    private func expectEqual(
        _ a: (sum: Double, magnitude: Double), _ b: (sum: Double, magnitude: Double), _ what: String
    ) {
        let difference = abs(a.sum - b.sum)
        #expect(
            difference <= 1e-12 * max(1e-2, a.magnitude + b.magnitude), "\(label): \(what): \(a.sum) and \(b.sum)",
            sourceLocation: sourceLocation)
    }
    private func expectClose(_ a: [Double], _ b: [Double], within tolerance: Double, _ what: String) {
        TensorIRTests.expectClose(a, b, within: tolerance, "\(label): \(what)", sourceLocation: sourceLocation)
    }

    // MARK: Checks

    func expectValue(_ reference: ([Dense]) throws -> Dense) throws {
        let expected = try reference(evaluate(leaves))
        for copiesViews in [false, true] {
            TensorIRTests.expectClose(
                evaluate([output], copiesViews: copiesViews)[0], expected, within: 1e-13,
                "\(label): value\(copiesViews ? ", views copied" : "")", sourceLocation: sourceLocation)
        }
    }

    func expectForwardDerivative() {
        guard let tangent else {
            Issue.record("\(label) has no tangent", sourceLocation: sourceLocation)
            return
        }
        let value = evaluate([tangent])[0].values
        // Else nothing would have been checked.
        #expect(value.isEmpty || value.contains { $0 != 0 }, "\(label): zero tangent", sourceLocation: sourceLocation)
        let velocities = Dictionary(uniqueKeysWithValues: zip(parameters, tangents.map { values[$0]! }))
        expectClose(value, differences([output], velocities)[0], within: 1e-8, "forward derivative")
    }

    func expectTranspose() {
        guard let tangent else { return }
        let pieces = zip(tangents, gradient).filter { $0.1 != nil }
        // The pullback must not need the tangents whose cotangents it gives.
        let needed = Set(graph.ancestors(of: pieces.map { $0.1! }))
        #expect(
            needed.isDisjoint(with: tangents), "\(label): transpose of a product of tangents",
            sourceLocation: sourceLocation)
        let forward = product(values[cotangent]!, evaluate([tangent])[0].values)
        let backward = zip(pieces, evaluate(pieces.map { $0.1! })).map { product(values[$0.0]!, $1.values) }
            .reduce((sum: 0, magnitude: 0)) { ($0.sum + $1.sum, $0.magnitude + $1.magnitude) }
        expectEqual(forward, backward, "<u, J v> and <J^T u, v>")
    }

    func expectSecondDerivative() {
        var velocities = Dictionary(uniqueKeysWithValues: zip(parameters, directions.map { values[$0]! }))
        velocities[cotangent] = values[cotangentDirection]!
        for (index, piece) in gradient.enumerated() {
            guard let piece else { continue }
            let expected = differences([piece], velocities)[0]
            let value = curvature[index].map { evaluate([$0])[0].values } ?? expected.map { _ in 0 }
            expectClose(value, expected, within: 1e-8, "second derivative, input \(index)")
        }
        // <b, H a> = <a, H b>, the cotangent at rest.
        let pieces = zip(parameters.indices, curvature).compactMap { index, node in node.map { (index, $0) } }
        let still = [cotangentDirection: values[cotangentDirection]!.map { _ in 0.0 }]
        func form(_ a: [Node], _ b: [Node]) -> (sum: Double, magnitude: Double) {
            let moving = Dictionary(uniqueKeysWithValues: zip(directions, b.map { values[$0]! })).merging(still) { $1 }
            return zip(pieces, evaluate(pieces.map(\.1), moving)).map { product(values[a[$0.0]]!, $1.values) }
                .reduce((sum: 0, magnitude: 0)) { ($0.sum + $1.sum, $0.magnitude + $1.magnitude) }
        }
        expectEqual(form(tangents, directions), form(directions, tangents), "<a, H b> and <b, H a>")
    }

    func expectTangentBlocks() throws {
        if let tangent { try expectBlock([tangent], of: tangents, "block of tangents") }
        try expectBlock(gradient.compactMap(\.self), of: [cotangent], "block of cotangents")
        try expectBlock(curvature.compactMap(\.self), of: directions + [cotangentDirection], "block of directions")
    }
    /// Every subset of the inputs with a leading K, so that every operand of a primitive has it in turn.
    func expectInputBlocks() throws {
        for subset in 1..<(1 << leaves.count) {
            let chosen = leaves.indices.filter { subset >> $0 & 1 == 1 }
            try expectBlock([output], of: chosen.map { leaves[$0] }, "block of inputs \(chosen)")
        }
    }

    private func expectBlock(_ nodes: [Node], of replaced: [Node], _ what: String) throws {
        let size = 3
        var generator = SeededGenerator(seed: 7)
        var replacements: [Node: Node] = [:]
        var columns: [[Node: [Double]]] = Array(repeating: [:], count: size)
        var whole: [Node: [Double]] = [:]
        for leaf in replaced {
            let type = graph.type(leaf)
            let image = try graph.input(.value(graph.count), TensorType(type.shape.leading(size), type.element))
            replacements[leaf] = image
            let count = type.shape.count(examples: examples)
            for column in 0..<size {
                let value =
                    leaves.firstIndex(of: leaf).map { inputs[$0].values(count, &generator) }
                    ?? generator.uniform(count: count)
                columns[column][leaf] = value
                whole[image, default: []] += value
            }
        }
        let images = try graph.batch(nodes, replacements: replacements, size: size)
        let block = evaluate(images, whole)
        for column in 0..<size {
            for (index, single) in evaluate(nodes, columns[column]).enumerated() {
                let count = single.values.count
                let isShared = images[index] == nodes[index]
                let part =
                    isShared
                    ? block[index].values : Array(block[index].values[(column * count)..<((column + 1) * count)])
                expectClose(part, single.values, within: 1e-13, "\(what), column \(column)")
            }
        }
    }

    private var results: [Node] { [output] + [tangent].compactMap(\.self) + (gradient + curvature).compactMap(\.self) }

    /// Kernels count the operations that the primitives predict.
    func expectCounts() {
        let interpreter = Interpreter(graph, leaves: values, examples: examples)
        _ = interpreter.values(results)
        #expect(interpreter.miscounts.isEmpty, "\(label)", sourceLocation: sourceLocation)
    }

    func expectSinglePrecision(within tolerance: Double) {
        let nodes = results
        let (single, double) = (evaluate(nodes, precision: .single), evaluate(nodes))
        for (index, node) in nodes.enumerated() {
            expectClose(
                single[index].values, double[index].values, within: tolerance,
                "float32 against float64, \(index) (\(graph.primitive(node).name))")
        }
    }
}
