import TensorIR

/// Reductions over some axes, which disappear unless `keepsAxes` leaves them with extent 1.
extension Tensor {
    /// The sum of the elements along some axes.
    public func sum(axes: [Int], keepsAxes: Bool = false) throws -> Tensor {
        try reduced("sum", axes, keepsAxes) { try $0.sum(node, axes: $1) }
    }
    /// The mean of the elements along some axes.
    public func mean(axes: [Int], keepsAxes: Bool = false) throws -> Tensor {
        try reduced("mean", axes, keepsAxes) { try $0.mean(node, axes: $1) }
    }
    /// The largest element; equal ones share the derivative.
    public func max(axes: [Int], keepsAxes: Bool = false) throws -> Tensor {
        try reduced("max", axes, keepsAxes) { try $0.maximum(node, axes: $1) }
    }
    /// The smallest element; equal ones share the derivative.
    public func min(axes: [Int], keepsAxes: Bool = false) throws -> Tensor {
        try reduced("min", axes, keepsAxes) { try $0.minimum(node, axes: $1) }
    }
    /// The mean of squared differences from the mean, divided by their number (not by one less).
    public func variance(axes: [Int], keepsAxes: Bool = false) throws -> Tensor {
        try reduced("variance", axes, keepsAxes) { graph, axes in
            let mean = try graph.broadcast(graph.mean(node, axes: axes), like: node, without: axes)
            return try graph.mean(graph.square(graph.subtract(node, mean)), axes: axes)
        }
    }
    /// log sum exp(x) along one axis, which does not overflow.
    public func logSumExp(axis: Int, keepsAxes: Bool = false) throws -> Tensor {
        try reduced("logSumExp", [axis], keepsAxes) { try $0.logSumExp(node, axis: $1[0]) }
    }

    private func reduced(
        _ name: String, _ axes: [Int], _ keepsAxes: Bool, _ build: (TensorGraph, [Int]) throws -> Node
    ) throws -> Tensor {
        try makeReal(name) { graph in
            let axes = try self.axes(axes)
            let result = try build(graph, axes)
            guard keepsAxes else { return result }
            var kept = type.shape
            for axis in axes { kept[axis] = 1 }
            return try graph.reshape(result, kept)
        }
    }
}
