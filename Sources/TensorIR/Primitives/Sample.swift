import Kernels

/// Draws from the model's own distribution, keyed by (seed, example, term, sample): the same whatever the batch size, the
/// number of threads or the other requests. The result is samples + (examples, terms, outputs).
package struct Sample: Primitive {
    package enum Distribution: Hashable, Sendable {
        /// A class for each term, from probabilities (examples, terms, outputs): the result has no output axis.
        case categorical
        /// 0 or 1 for each output, from probabilities.
        case bernoulli
        /// Standard normal; the operand gives the shape only.
        case normal
    }
    package var distribution: Distribution
    package var seed: UInt64
    package var samples: Int
    package init(_ distribution: Distribution, seed: UInt64, samples: Int) {
        (self.distribution, self.seed, self.samples) = (distribution, seed, samples)
    }

    package var name: String { "sample" }
    package func resultType(_ operands: [TensorType]) throws -> TensorType {
        let shape = operands[0].shape
        guard shape.rank == 3 else {
            throw GraphError.invalid(self, "needs (examples, terms, outputs), found \(shape)")
        }
        return switch distribution {
        case .categorical: TensorType(shape.removing(axes: [2]).leading(samples), .int64)
        case .bernoulli, .normal: TensorType(shape.leading(samples), .real)
        }
    }
    package func linearize(_ node: Node, operands: [Node], tangents: [Node?], in graph: TensorGraph) throws -> Node? {
        nil
    }
    package func needsContiguous(_ index: Int) -> Bool { true }
    package func kernel(_ operands: [Operand], result: Operand, accumulate: Bool) -> any Kernel {
        let kind: SampleKernel.Kind =
            switch distribution {
            case .categorical: .categorical
            case .bernoulli: .bernoulli
            case .normal: .normal
            }
        return SampleKernel(
            kind: kind, parameters: distribution == .normal ? nil : operands[0], output: result, seed: seed)
    }
}
