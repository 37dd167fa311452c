import TensorIR

/// Resampling, axis by axis: each new position is a weighted sum of a few old ones, which are gathered.
extension OperatorCall {
    func resize() throws -> [Value] {
        let x = try real(0)
        let rank = graph.shape(x).rank
        let axes = try ints("axes").map { try self.axes($0, rank: rank) } ?? Array(0..<rank)
        let (sizes, scales) = try targets(axes)
        let antialias = try flag("antialias", default: false)
        var result = x
        for (index, axis) in axes.enumerated() {
            guard let (size, scale) = try target(axis, sizes?[index], scales?[index]) else { continue }
            if antialias, scale < 1 { throw unsupported("antialias=1 is not supported where it shrinks") }
            let old = try self.size(graph.shape(x), axis)
            result = try resampled(result, axis: axis, taps: taps(old: old, new: size, scale: scale))
        }
        return [.node(result)]
    }

    /// Sizes or scales, one for each axis; before version 11 scales were the second input.
    private func targets(_ axes: [Int]) throws -> (sizes: [Extent]?, scales: [Double]?) {
        if opset >= 11, let sizes = optional(3), try shape(sizes).rank > 0, try shape(sizes)[0] != 0 {
            guard try string("keep_aspect_ratio_policy", default: "stretch") == "stretch" else {
                throw unsupported("keep_aspect_ratio_policy other than 'stretch' is not supported")
            }
            let sizes = try extents(3)
            guard sizes.count == axes.count else {
                throw invalid("\(sizes.count) sizes do not go with \(axes.count) axes")
            }
            return (sizes, nil)
        }
        let scales = try host(opset >= 11 ? 2 : 1).reals()
        guard scales.count == axes.count else {
            throw invalid("\(scales.count) scales do not go with \(axes.count) axes")
        }
        return (nil, scales)
    }

    /// The new size and the scale of one axis; nil where it stays.
    private func target(_ axis: Int, _ wanted: Extent?, _ scale: Double?) throws -> (size: Int, scale: Double)? {
        let dimension = graph.shape(try real(0))[axis]
        guard let old = dimension.number else {
            let isFixed = importer.fixedBatch.map { wanted == Extent(dimension.factor * $0) } ?? false
            guard scale == 1 || wanted == Extent(dimension) || isFixed else {
                throw GraphError(.examplesMeet, "it resamples the examples")
            }
            return nil
        }
        if let scale {
            guard scale > 0, scale * Double(old) < Double(1 << 31) else { throw invalid("a scale is \(scale)") }
            let size = Int((Double(old) * scale).rounded(.down))
            try check(size)
            return scale == 1 ? nil : (size, scale)
        }
        let size = try wanted!.known()
        guard size > 0, size < 1 << 31, old > 0 else { throw invalid("a size is \(size); expected a positive number") }
        try check(size)
        return size == old ? nil : (size, Double(size) / Double(old))
    }
    /// A table has an entry for each position; no picture has as many.
    private func check(_ size: Int) throws {
        guard size <= 1 << 20 else { throw invalid("a size is \(size); expected at most \(1 << 20)") }
    }

    /// For each new position the old ones that it is made of: as many for each position.
    private func taps(old: Int, new: Int, scale: Double) throws -> [[(index: Int, weight: Double)]] {
        let mode = try string("mode", default: "nearest")
        let coordinate = try coordinates(old: old, new: new, scale: scale)
        let rounding = try string("nearest_mode", default: opset >= 11 ? "round_prefer_floor" : "floor")
        let cubic = try float("cubic_coeff_a", default: -0.75)
        let excludesOutside = try flag("exclude_outside", default: false)
        return try (0..<new).map { position in
            let x = coordinate(position)
            let below = x.rounded(.down)
            let rest = x - below
            var taps: [(Double, Double)]
            switch mode {
            case "nearest": taps = [(try nearest(x, rounding), 1)]
            case "linear": taps = [(below, 1 - rest), (below + 1, rest)]
            case "cubic":
                taps = (-1...2).map { (below + Double($0), cubicWeight(abs(rest - Double($0)), cubic)) }
            default: throw unsupported("mode='\(mode)' is not supported; expected nearest, linear or cubic")
            }
            if excludesOutside {
                taps = taps.map { (0...Double(old - 1)).contains($0.0) ? $0 : ($0.0, 0) }
                let total = taps.reduce(0) { $0 + $1.1 }
                taps = taps.map { ($0.0, $0.1 / total) }
            }
            return taps.map { (Int(min(max($0.0, 0), Double(old - 1))), $0.1) }
        }
    }

    private func nearest(_ x: Double, _ rounding: String) throws -> Double {
        switch rounding {
        case "round_prefer_floor": (x - 0.5).rounded(.up)
        case "round_prefer_ceil": (x + 0.5).rounded(.down)
        case "floor": x.rounded(.down)
        case "ceil": x.rounded(.up)
        default: throw invalid("its attribute 'nearest_mode' is '\(rounding)'")
        }
    }

    /// Keys' cubic convolution kernel.
    private func cubicWeight(_ distance: Double, _ a: Double) -> Double {
        let d = distance
        if d <= 1 { return ((a + 2) * d - (a + 3)) * d * d + 1 }
        return d < 2 ? ((a * d - 5 * a) * d + 8 * a) * d - 4 * a : 0
    }

    /// Where a new position lies among the old ones.
    private func coordinates(old: Int, new: Int, scale: Double) throws -> (Int) -> Double {
        let mode = try string("coordinate_transformation_mode", default: opset >= 11 ? "half_pixel" : "asymmetric")
        switch mode {
        case "half_pixel": return { (Double($0) + 0.5) / scale - 0.5 }
        case "pytorch_half_pixel": return { new > 1 ? (Double($0) + 0.5) / scale - 0.5 : 0 }
        case "align_corners":
            // The new extent before it was rounded down.
            let last = scale * Double(old) - 1
            return { last > 0 ? Double($0) * Double(old - 1) / last : 0 }
        case "asymmetric": return { Double($0) / scale }
        case "half_pixel_symmetric":
            let adjustment = Double(new) / (scale * Double(old))
            return { Double(old) / 2 * (1 - adjustment) + (Double($0) + 0.5) / scale - 0.5 }
        default: throw unsupported("coordinate_transformation_mode='\(mode)' is not supported")
        }
    }

    private func resampled(_ x: Node, axis: Int, taps: [[(index: Int, weight: Double)]]) throws -> Node {
        var sum: Node?
        for tap in 0..<(taps.first?.count ?? 0) {
            let indices = HostTensor(taps.map { Extent($0[tap].index) })
            let weights = taps.map { $0[tap].weight }
            if weights.allSatisfy({ $0 == 0 }) { continue }
            let picked = try asNode(gather(.node(x), known: indices, axis: axis))
            var term = picked
            if !weights.allSatisfy({ $0 == 1 }) {
                let factors = try graph.constant(Constant([weights.count], weights))
                term = try graph.multiply(picked, graph.broadcast(factors, to: graph.shape(picked), axes: [axis]))
            }
            sum = try sum.map { try graph.add($0, term) } ?? term
        }
        guard let sum else { throw invalid("it leaves nothing of axis \(axis)") }
        return sum
    }
}
