import TensorIR

/// Lowers arithmetic on vectors, blocks and scalars into a tensor program of its own: linear combinations become one sweep over memory.
///
/// Vectors are (n), blocks (n, k), in the run's precision; scalars are kept in float64.
struct AlgebraLowering {
    private let operators: OperatorGraph
    private let graph = TensorGraph()
    private var nodes: [Value: Node] = [:]
    /// Values that are there already.
    private let known: Set<Value>

    /// The step that computes `values` from `known` ones.
    static func lower(_ values: [Value], known: Set<Value>, _ operators: OperatorGraph) throws -> AlgebraStep {
        var lowering = AlgebraLowering(operators: operators, known: known)
        let results = try values.map { (value: $0, node: try lowering.node($0, isResult: true)) }
        return AlgebraStep(graph: lowering.graph, results: results)
    }

    private init(operators: OperatorGraph, known: Set<Value>) { (self.operators, self.known) = (operators, known) }

    private mutating func node(_ value: Value, isResult: Bool = false) throws -> Node {
        if let node = nodes[value] { return node }
        let kind = operators.kind(value)
        let node: Node
        if known.contains(value), !isResult {
            let element: ElementType = kind == .scalar || operators[value].isWide ? .float64 : .real
            node = try graph.input(.value(value.index), TensorType(Shape(kind.shape), element))
        } else {
            node = try compute(value, kind)
        }
        nodes[value] = node
        return node
    }

    private mutating func compute(_ value: Value, _ kind: Kind) throws -> Node {
        switch operators[value] {
        case .number(let number): return try graph.filled(number, .scalar, .float64)
        case .combination(let terms, _):
            let element: ElementType = kind == .scalar ? .float64 : .real
            var sum = try graph.filled(0, Shape(kind.shape), element)
            for term in terms {
                var x = try node(term.value)
                if let scalar = term.scalar { x = try graph.scale(x, by: node(scalar)) }
                sum = try graph.add(sum, graph.multiply(x, graph.filled(term.factor, like: x)))
            }
            return sum
        case .kronecker(let step, let operands):
            let operands = try operands.map { try node($0) }
            return try KroneckerStepLowering(graph: graph, operators: operators).lower(step, operands)
        case .outputKernel(let root, let shift, let factors):
            return try OutputKernelLowering(
                graph: graph, layout: operators.exampleFactors[root.curvature]!, examples: operators.shape.examples
            ).kernel(node(factors), shift: shift)
        case .elementary(let function, let operands):
            let operands = try operands.map { try node($0) }
            return try ElementaryLowering(graph: graph).lower(function, operands, kind)
        case .ones(let entries): return try graph.filled(1, Shape([entries]), .real)
        case .columns(let parts):
            let blocks = try parts.map { part in
                let x = try node(part)
                return graph.shape(x).rank == 2 ? x : try graph.expand(x, at: 1)
            }
            return try graph.concatenate(blocks, axis: 1)
        case .columnRange(let x, let start):
            let block = try node(x)
            let columns = try graph.slice(block, axis: 1, start: start, count: kind.columns ?? 1)
            return kind.columns == nil ? try graph.reshape(columns, Shape(kind.shape)) : columns
        case .scalarProduct(let a, let b): return try graph.multiply(node(a), node(b))
        case .reciprocal(let a): return try graph.reciprocal(node(a))
        case .diagonalProduct(let d, let x):
            let (d, x) = (try node(d), try node(x))
            return try graph.multiply(graph.broadcast(d, to: graph.shape(x), axes: [0]), x)
        case .denseProduct(let matrix, let isTransposed, let x):
            let (matrix, x) = (try node(matrix), try node(x))
            let columns = graph.shape(x).rank == 2 ? [2] : []
            return try graph.contract(matrix, isTransposed ? [1, 0] : [0, 1], x, [1] + columns, to: [0] + columns)
        case .norm(let x):
            let wide = try graph.cast(node(x), to: .float64)
            return try graph.sqrt(graph.sum(graph.square(wide), axes: Array(0..<graph.shape(wide).rank)))
        case .dot(let a, let b):
            let product = try graph.multiply(graph.cast(node(a), to: .float64), graph.cast(node(b), to: .float64))
            return try graph.sum(product, axes: Array(0..<graph.shape(product).rank))
        case .tensor, .loss, .prediction, .pullback, .weighedGradient, .jacobianProduct, .hole, .iteration,
            .curvatureDiagonal, .rootProduct, .rootPullback, .exampleFactors:
            preconditionFailure("\(operators.text(value)) comes from elsewhere")
        }
    }
}

/// Arithmetic on values that are there.
package struct AlgebraStep {
    package let graph: TensorGraph
    package let results: [(value: Value, node: Node)]
}
