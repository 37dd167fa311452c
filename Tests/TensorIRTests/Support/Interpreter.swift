import Kernels
import TensorIR

/// Evaluates a graph node by node, without fusion, planning or reuse of memory: what everything faster must agree with.
final class Interpreter {
    private let graph: TensorGraph
    private let leaves: [Node: [Double]]
    private let examples: Int
    private let precision: Storage
    private let copiesViews: Bool
    private var operands: [Node: Operand] = [:]
    private var memories: [Memory] = []
    private let state = RunState()
    /// Nodes whose kernels count other work than the primitives' formulas say.
    private(set) var miscounts: [String] = []

    /// - Parameters:
    ///   - leaves: The values of input leaves, in row-major order; those of integers and booleans are converted.
    ///   - examples: B.
    ///   - copiesViews: Whether the results of views are computed by their kernels.
    init(
        _ graph: TensorGraph, leaves: [Node: [Double]], examples: Int, precision: Storage = .float64,
        copiesViews: Bool = false
    ) {
        (self.graph, self.leaves, self.examples) = (graph, leaves, examples)
        (self.precision, self.copiesViews) = (precision, copiesViews)
    }

    func value(_ node: Node) -> Dense {
        // Operands do not keep the memory alive that they point into.
        withExtendedLifetime(self) {
            let operand = contiguous(operand(node))
            return Dense(operand.sizes, values: operand.doubles)
        }
    }
    func values(_ nodes: [Node]) -> [Dense] { nodes.map { value($0) } }

    /// What `node`'s kernel makes of a result that held `before` when it adds to it.
    func accumulated(_ node: Node, onto before: [Double]) -> Dense {
        withExtendedLifetime(self) {
            let result = allocate(node)
            result.fill(before)
            kernel(node, result, accumulate: true).run(state)
            return Dense(result.sizes, values: result.doubles)
        }
    }

    private func operand(_ node: Node) -> Operand {
        for ancestor in graph.ancestors(of: [node]) where operands[ancestor] == nil {
            operands[ancestor] = evaluate(ancestor)
        }
        return operands[node]!
    }

    private func evaluate(_ node: Node) -> Operand {
        let primitive = graph.primitive(node)
        if let leaf = leafValue(node) { return leaf }
        let sizes = graph.shape(node).sizes(examples: examples)
        let first = operands[graph.operands(node)[0]]!
        if primitive is Reshape {
            // Like the executor: a view where there is one, else of a copy.
            return (copiesViews ? nil : primitive.view(first, resultSizes: sizes))
                ?? primitive.view(contiguous(first), resultSizes: sizes)!
        }
        if !copiesViews, let view = primitive.view(first, resultSizes: sizes) { return view }
        let result = allocate(node)
        kernel(node, result, accumulate: false).run(state)
        return result
    }

    private func kernel(_ node: Node, _ result: Operand, accumulate: Bool) -> any Kernel {
        let primitive = graph.primitive(node)
        let inputs = graph.operands(node).enumerated().map { index, operand in
            primitive.needsContiguous(index) ? contiguous(self.operand(operand)) : self.operand(operand)
        }
        let kernel = primitive.kernel(inputs, result: result, accumulate: accumulate)
        let (types, type) = (graph.operands(node).map { graph.type($0) }, graph.type(node))
        let matmulFlops = primitive.matmulFlops(types, result: type, examples: examples)
        let flops = primitive.flops(types, result: type, examples: examples)
        // Elementwise work is counted where chains are fused.
        if kernel.matmulFlops != matmulFlops || (kernel.flops != flops && !(primitive is Elementwise)) {
            miscounts.append(
                "\(primitive) of \(types): \(kernel.matmulFlops) and \(kernel.flops), not \(matmulFlops) and \(flops)")
        }
        return kernel
    }

    private func leafValue(_ node: Node) -> Operand? {
        if let values = leaves[node] {
            let operand = allocate(node)
            operand.fill(values)
            return operand
        }
        guard let constant = graph.constantValue(node) else {
            precondition(!graph.operands(node).isEmpty, "the leaf \(graph.primitive(node)) has no values")
            return nil
        }
        let operand = allocate(node)
        switch constant.values {
        case .real(let values): operand.fill(values)
        case .int64(let values): operand.fill(values)
        case .bool(let values): operand.fill(values)
        }
        return operand
    }

    private func storage(_ element: ElementType) -> Storage {
        switch element {
        case .real: precision
        case .float64: .float64
        case .int64: .int64
        case .bool: .bool
        }
    }

    private func allocate(_ node: Node) -> Operand {
        allocate(storage(graph.type(node).element), graph.shape(node).sizes(examples: examples))
    }

    /// Every byte is 0xFF (NaN for floating types), so that an element which a kernel forgets shows.
    private func allocate(_ storage: Storage, _ sizes: [Int]) -> Operand {
        let memory = Memory(byteCount: sizes.reduce(1, *) * storage.byteCount)
        memory.address.initializeMemory(as: UInt8.self, repeating: 0xFF, count: memory.byteCount)
        memories.append(memory)
        return Operand(address: memory.address, storage: storage, sizes: sizes)
    }

    private func contiguous(_ operand: Operand) -> Operand {
        if operand.isContiguous { return operand }
        let copy = allocate(operand.storage, operand.sizes)
        CopyKernel(from: operand, to: copy).run(state)
        return copy
    }
}
