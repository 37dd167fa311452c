import Kernels
import TensorIR

/// Convolution and its transpose, in one to three dimensions.
extension OperatorCall {
    func convolution() throws -> [Value] {
        let (x, weight) = (try real(0), try real(1))
        let extents = try spatialExtents(graph.shape(x))
        let (taps, groups) = try taps(weight, rank: extents.count)
        let window = try slidingWindow(extents: extents, taps: taps)
        return [.node(try addChannelBias(convolved(x, weight, window, groups: groups)))]
    }

    /// The transposed convolution is the convolution's transpose in its input: its own input takes the place of the
    /// output.
    func transposedConvolution() throws -> [Value] {
        let (x, weight) = (try real(0), try real(1))
        let extents = try spatialExtents(graph.shape(x))
        let rank = extents.count
        let (taps, groups) = try taps(weight, rank: rank)
        var window = try slidingWindow(extents: extents, taps: taps)
        var outputPadding = try ints("output_padding") ?? [Int](repeating: 0, count: rank)
        guard outputPadding.count == rank, outputPadding.allSatisfy({ $0 >= 0 && $0 < 1 << 31 }) else {
            throw invalid("its attribute 'output_padding' is \(outputPadding); expected \(rank) numbers, none negative")
        }
        try padTransposed(&window, &outputPadding)
        var space: [Int] = []
        var zeros: [Int] = []
        for axis in 0..<rank {
            // Output padding shows positions that padding would cut off, and zeros beyond them.
            zeros.append(max(0, outputPadding[axis] - window.padHigh[axis]))
            window.padHigh[axis] = max(0, window.padHigh[axis] - outputPadding[axis])
            let full = (extents[axis] - 1) * window.strides[axis] + window.reach(axis)
            space.append(full - window.padLow[axis] - window.padHigh[axis])
        }
        guard space.allSatisfy({ $0 > 0 }) else { throw invalid("its padding leaves nothing of the result (\(space))") }
        try importer.check(size: Shape(space))
        var result = try transposedConvolved(x, weight, window, groups: groups, space: space)
        for axis in 0..<rank { result = try graph.pad(result, axis: axis + 2, low: 0, high: zeros[axis]) }
        return [.node(try addChannelBias(result))]
    }

    /// Padding where the result's extents are given instead.
    private func padTransposed(_ window: inout SlidingWindow, _ outputPadding: inout [Int]) throws {
        let rank = window.extents.count
        let mode = try string("auto_pad", default: "NOTSET")
        var target = try ints("output_shape")
        // Some writers give examples and channels too.
        if let given = target, given.count == rank + 2 { target = Array(given.suffix(rank)) }
        if target == nil, mode == "SAME_UPPER" || mode == "SAME_LOWER" {
            target = (0..<rank).map { window.extents[$0] * window.strides[$0] }
        }
        guard let target else { return }
        guard target.count == rank, target.allSatisfy({ $0 > 0 && $0 < 1 << 31 }) else {
            throw invalid("its attribute 'output_shape' is \(target); expected \(rank) positive numbers")
        }
        for axis in 0..<rank {
            let full = (window.extents[axis] - 1) * window.strides[axis] + window.reach(axis)
            let total = full + outputPadding[axis] - target[axis]
            // What is asked for beyond the result is zeros.
            if total < 0 { outputPadding[axis] -= total }
            guard total >= 0 else {
                (window.padLow[axis], window.padHigh[axis]) = (0, 0)
                continue
            }
            window.padLow[axis] = mode == "SAME_UPPER" ? total / 2 : total - total / 2
            window.padHigh[axis] = total - window.padLow[axis]
        }
    }

    /// The sizes of a weight's taps and the number of groups.
    private func taps(_ weight: Node, rank: Int) throws -> (taps: [Int], groups: Int) {
        let shape = graph.shape(weight)
        guard let sizes = shape.numbers, sizes.count == rank + 2 else {
            throw invalid("its weight has the shape \(shape); expected \(rank + 2) axes")
        }
        let taps = Array(sizes.suffix(rank))
        if let stated = try ints("kernel_shape"), stated != taps {
            throw invalid("its attribute 'kernel_shape' is \(stated), but its weight has \(taps)")
        }
        let groups = try int("group", default: 1)
        guard groups > 0, groups <= max(1, sizes[0]), sizes[0] % groups == 0 else {
            throw invalid("\(groups) groups do not divide the \(sizes[0]) rows of its weight")
        }
        return (taps, groups)
    }

    private func addChannelBias(_ result: Node) throws -> Node {
        guard optional(2) != nil else { return result }
        let bias = try real(2)
        let shape = graph.shape(result)
        guard graph.shape(bias) == Shape([shape[1]]) else {
            throw invalid("its bias has the shape \(graph.shape(bias)); expected (\(shape[1]))")
        }
        // An exporter's bias of zeros adds nothing.
        if let constant = graph.constantValue(bias), case .real(let values) = constant.values,
            values.allSatisfy({ $0 == 0 })
        {
            return result
        }
        return try graph.add(result, graph.broadcast(bias, to: shape, axes: [1]))
    }
}
