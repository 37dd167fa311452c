import Kernels

/// A layer's gradients, example by example: P_kn = sum over uses and positions of g a^T, (outputs, inputs) for each column k of output gradients and each
/// example n; or the sum of their squares over all k and n, with no P kept.
///
/// Operands, use by use: output gradients (columns, examples, positions, outputs), the columns only where there are several; then inputs (examples, positions,
/// inputs), or the images of which they are patches, unfolded a few at a time. Last a basis Q (inputs, inputs) for the squares of P Q.
///
/// An end of the graph: nothing of it is ever differentiated.
package struct ExampleProducts: Primitive {
    package enum Input: Hashable, Sendable {
        case dense
        /// Of one group. Images (examples or several for each, channels, space), and where `isExtended` another operand (examples): the entry behind each
        /// of its patches, a bias's input.
        case patches(ConvolutionGeometry, taps: [Int], isExtended: Bool)

        fileprivate var isExtended: Bool {
            if case .patches(_, _, true) = self { true } else { false }
        }
    }
    package enum Result: Hashable, Sendable {
        /// (columns, examples, outputs, inputs), the columns as in the output gradients.
        case products
        /// (outputs, inputs), in float64.
        case squares(isTurned: Bool)
    }
    package var inputs: [Input]
    package var hasColumns: Bool
    package var result: Result
    package init(_ inputs: [Input], hasColumns: Bool, _ result: Result) {
        (self.inputs, self.hasColumns, self.result) = (inputs, hasColumns, result)
    }

    package var name: String { result == .products ? "example-products" : "squared-products" }
    private var isTurned: Bool { result == .squares(isTurned: true) }
    private var lead: Int { hasColumns ? 1 : 0 }

    /// Each use's operands: output gradients, inputs, and the entry behind each patch.
    private func uses<Value>(_ operands: [Value]) -> [(outputs: Value, input: Value, last: Value?)] {
        var rest = operands[...]
        return inputs.map { input in
            (rest.removeFirst(), rest.removeFirst(), input.isExtended ? rest.removeFirst() : nil)
        }
    }

    package func resultType(_ operands: [TensorType]) throws -> TensorType {
        let count = inputs.reduce(isTurned ? 1 : 0) { $0 + ($1.isExtended ? 3 : 2) }
        guard operands.count == count, operands.allSatisfy({ $0.element == .real }) else {
            throw GraphError.invalid(self, "\(operands) are no \(count) real operands")
        }
        let outputs = operands[0].shape
        guard outputs.rank == lead + 3, outputs[lead] == .examples else {
            throw GraphError.invalid(self, "\(outputs) are no output gradients")
        }
        for (use, input) in zip(uses(operands), inputs) {
            var expected = outputs
            expected[lead + 1] = use.outputs.shape[lead + 1]
            let shape = use.input.shape
            switch input {
            case .dense:
                guard shape.rank == 3, shape.removing(axes: [2]) == [.examples, expected[lead + 1]] else {
                    throw GraphError.invalid(self, "\(use.input) are no inputs for \(use.outputs)")
                }
            case .patches(let geometry, let taps, _):
                guard shape.rank == taps.count + 2, geometry.groups == 1, shape[0].isSymbolic, shape[0].outer == 1,
                    windows(shape, geometry, taps).reduce(shape[0].inner, *) == expected[lead + 1].inner,
                    use.last.map({ $0.shape == [.examples] }) ?? true
                else { throw GraphError.invalid(self, "\(use.input) are no images for \(use.outputs)") }
            }
            guard use.outputs.shape == expected, entries(use, input) == entries(operands) else {
                throw GraphError.invalid(self, "\(operands) are of several matrices")
            }
        }
        let (rows, entries) = (outputs[lead + 2], Dimension(entries(operands)))
        if isTurned, operands.last!.shape != [entries, entries] {
            throw GraphError.invalid(self, "\(operands.last!) is no basis of \(entries) entries")
        }
        return result == .products
            ? TensorType(Shape(outputs.dimensions[...lead] + [rows, entries])) : TensorType([rows, entries], .float64)
    }
    /// Of an input.
    private func entries(_ use: (outputs: TensorType, input: TensorType, last: TensorType?), _ input: Input) -> Int {
        switch input {
        case .dense: use.input.shape[2].inner
        case .patches(_, let taps, _): taps.reduce(use.input.shape[1].inner, *) + (use.last == nil ? 0 : 1)
        }
    }
    private func entries(_ operands: [TensorType]) -> Int { entries(uses(operands)[0], inputs[0]) }
    private func windows(_ shape: Shape, _ geometry: ConvolutionGeometry, _ taps: [Int]) -> [Int] {
        taps.indices.map { geometry.outputExtent(axis: $0, input: shape[$0 + 2].inner, kernel: taps[$0]) }
    }

    package func linearize(_ node: Node, operands: [Node], tangents: [Node?], in graph: TensorGraph) throws -> Node? {
        preconditionFailure("\(name) is not differentiated")
    }
    package var canAccumulate: Bool { result != .products }
    package func needsContiguous(_ index: Int) -> Bool { true }
    package func kernel(_ operands: [Operand], result: Operand, accumulate: Bool) -> any Kernel {
        let entries = result.sizes[result.rank - 1]
        let product = ExampleProduct(
            zip(uses(operands), inputs).map { use, input in
                switch input {
                case .dense: (use.outputs, .dense(use.input))
                case .patches(let geometry, let taps, _):
                    (use.outputs, .patches(use.input, last: use.last, geometry, taps: taps))
                }
            }, inputs: entries, hasColumns: hasColumns)
        guard case .squares(let isTurned) = self.result else { return ExampleProductsKernel(product, output: result) }
        return SquaredProductsKernel(
            product, basis: isTurned ? operands.last : nil, output: result, accumulate: accumulate)
    }

    // MARK: Cost

    private func shape(_ operands: [TensorType], _ examples: Int) -> ExampleProductShape {
        let sizes = operands[0].shape.sizes(examples: examples)
        return ExampleProductShape(
            columns: hasColumns ? sizes[0] : 1, examples: examples, outputs: sizes[lead + 2],
            inputs: entries(operands),
            uses: zip(uses(operands), inputs).map { use, input in
                var own = ExampleProductShape.Use(positions: use.outputs.shape[lead + 1].inner)
                if case .patches(let geometry, let taps, _) = input {
                    own.windows = windows(use.input.shape, geometry, taps).last
                }
                return own
            })
    }
    package func matmulFlops(_ operands: [TensorType], result: TensorType, examples: Int) -> Int {
        let shape = shape(operands, examples)
        return shape.productFlops + (isTurned ? shape.turnFlops : 0)
    }
    package func flops(_ operands: [TensorType], result: TensorType, examples: Int) -> Int {
        let shape = shape(operands, examples)
        return matmulFlops(operands, result: result, examples: examples)
            + (self.result == .products ? 0 : SquaredProductsKernel.squareFlops(shape))
    }
    package func scratchBytes(_ operands: [TensorType], examples: Int, width: Int) -> [Int] {
        let own = shape(operands, examples)
        guard case .squares(let isTurned) = result else {
            let tiling = ExampleProductsKernel.Tiling(own, width: width)
            return Array(repeating: tiling.scratchBytes, count: min(tiling.tasks, 64))
        }
        let tiling = SquaredProductsKernel.Tiling(own, isTurned: isTurned, width: width)
        let tasks = Array(repeating: tiling.scratchBytes, count: min(tiling.tasks, 64))
        return ([tiling.partialBytes] + tasks).sorted(by: >)
    }
}
