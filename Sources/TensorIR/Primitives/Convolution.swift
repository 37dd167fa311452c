import Kernels

/// Convolution and its two transposes: of the trilinear form t(x, w, y) = sum of y * conv(x, w), the factor of `role`, from
/// the other two (in the order x, w, y).
///
/// x is (examples, channels, space), w is (outputs, channels / groups, taps), y is (examples, outputs, space). Each may carry a leading K.
package struct Convolution: Primitive {
    package var role: ConvolutionRole
    package var geometry: ConvolutionGeometry
    /// The spatial extents of the result where they do not follow from the operands: of x for `input`, of the taps for `weight`.
    package var space: [Int]
    package init(_ role: ConvolutionRole, _ geometry: ConvolutionGeometry, space: [Int] = []) {
        (self.role, self.geometry, self.space) = (role, geometry, space)
    }

    package var name: String {
        switch role {
        case .output: "convolution"
        case .input: "convolution's input"
        case .weight: "convolution's weight"
        }
    }
    private var baseRank: Int { geometry.strides.count + 2 }

    package func resultType(_ operands: [TensorType]) throws -> TensorType {
        guard operands.allSatisfy({ $0.element == .real }) else {
            throw GraphError.invalid(self, "operands must be real")
        }
        let k = operands.compactMap { $0.shape.rank > baseRank ? $0.shape[0] : nil }.first
        let shapes = operands.map { Array($0.shape.dimensions.suffix(baseRank)) }
        guard shapes.allSatisfy({ $0.count == baseRank }) else {
            throw GraphError.invalid(self, "operands must have rank \(baseRank), found \(operands.map(\.shape))")
        }
        let result: [Dimension]
        switch role {
        case .output:
            let (x, w) = (shapes[0], shapes[1])
            let channels = w[1].inner * geometry.groups
            guard x[1] == Dimension(channels), w[0].inner % geometry.groups == 0 else {
                throw GraphError.invalid(
                    self,
                    "weight \(operands[1].shape) with \(geometry.groups) groups needs \(channels) input channels, found \(operands[0].shape)"
                )
            }
            let space = try (0..<geometry.strides.count).map { axis in
                guard let extent = x[axis + 2].number else {
                    throw GraphError(.examplesMeet, "convolution: slides over the examples of \(operands[0].shape)")
                }
                let size = geometry.outputSize(extent, taps: w[axis + 2].inner, axis: axis)
                guard size > 0 else {
                    throw GraphError.invalid(self, "taps \(operands[1].shape) do not fit into \(operands[0].shape)")
                }
                return Dimension(size)
            }
            result = [x[0], w[0]] + space
        case .input:
            let (w, y) = (shapes[0], shapes[1])
            guard y[1] == w[0] else {
                throw GraphError.invalid(self, "weight \(operands[0].shape) does not go with \(operands[1].shape)")
            }
            result = [y[0], Dimension(w[1].inner * geometry.groups)] + space.map { Dimension($0) }
        case .weight:
            let (x, y) = (shapes[0], shapes[1])
            guard x[0] == y[0] else { throw GraphError.invalid(self, "operands have different examples") }
            result = [y[1], Dimension(x[1].inner / geometry.groups)] + space.map { Dimension($0) }
        }
        return TensorType(Shape((k.map { [$0] } ?? []) + result))
    }

    package func transpose(_ index: Int, cotangent: Node, operands: [Node], in graph: TensorGraph) throws -> Node {
        let space = { (node: Node) in graph.shape(node).dimensions.suffix(geometry.strides.count).map(\.inner) }
        let (a, b) = (operands[0], operands[1])
        // The cotangent takes the result's place in the form; the result is operand `index`'s.
        return switch (role, index) {
        case (.output, 0): try graph.append(Convolution(.input, geometry, space: space(a)), b, cotangent)
        case (.output, _): try graph.append(Convolution(.weight, geometry, space: space(b)), a, cotangent)
        case (.input, 0): try graph.append(Convolution(.weight, geometry, space: space(a)), cotangent, b)
        case (.input, _): try graph.append(Convolution(.output, geometry), cotangent, a)
        case (.weight, 0): try graph.append(Convolution(.input, geometry, space: space(a)), cotangent, b)
        case (.weight, _): try graph.append(Convolution(.output, geometry), a, cotangent)
        }
    }
    package func batch(_ operands: [Node], batched: [Bool], size: Int, in graph: TensorGraph) throws -> Node {
        try graph.append(self, operands)
    }
    package func needsContiguous(_ index: Int) -> Bool { true }
    package var canAccumulate: Bool { true }
    package func kernel(_ operands: [Operand], result: Operand, accumulate: Bool) -> any Kernel {
        let (x, w, y) =
            switch role {
            case .output: (operands[0], operands[1], result)
            case .input: (result, operands[0], operands[1])
            case .weight: (operands[0], result, operands[1])
            }
        return ConvolutionKernel(role: role, x: x, w: w, y: y, geometry: geometry, accumulate: accumulate)
    }
    /// Nominal: 2 * outputs * taps * channels of a group, padding included.
    package func matmulFlops(_ operands: [TensorType], result: TensorType, examples: Int) -> Int {
        let (w, y) =
            switch role {
            case .output: (operands[1], result)
            case .input: (operands[0], operands[1])
            case .weight: (result, operands[1])
            }
        let columns = (operands + [result]).map { $0.shape.rank > baseRank ? $0.shape[0].inner : 1 }.max()!
        let taps = w.shape.dimensions.suffix(baseRank - 1).reduce(1) { $0 * $1.inner }
        let outputs = y.shape.dimensions.suffix(baseRank).reduce(1) { $0 * $1.size(examples: examples) }
        return 2 * columns * outputs * taps
    }
}

extension ConvolutionGeometry {
    package func outputSize(_ extent: Int, taps: Int, axis: Int) -> Int {
        let reach = dilations[axis] * (taps - 1) + 1
        let room = extent + padLow[axis] + padHigh[axis] - reach
        return room < 0 ? 0 : room / strides[axis] + 1
    }
}
