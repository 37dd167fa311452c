import TensorIR

/// Resampling, axis by axis: each new position is a weighted sum of old ones.
extension OperatorCall {
    func resize() throws -> [Value] {
        let x = try real(0)
        let rank = graph.shape(x).rank
        let axes = try ints("axes").map { try self.axes($0, rank: rank) } ?? Array(0..<rank)
        let targets = try resizeTargets(axes)
        let crop = try cropped(axes)
        var result = x
        for (index, axis) in axes.enumerated() {
            let part = crop?[index]
            guard let (size, scale) = try target(axis, targets, index, isCropped: part.map { $0 != (0, 1) } ?? false)
            else { continue }
            let old = try self.size(graph.shape(x), axis)
            try check(old)
            let resampling = try Resampling(self, old: old, new: size, scale: scale, crop: part)
            result = try resampled(result, axis: axis, resampling)
        }
        return [.node(result)]
    }

    private enum Targets {
        case sizes([Extent])
        case scales([Double])
        /// One scale for all axes, whose sizes are rounded.
        case common(Double)
    }

    /// Sizes or scales, one for each axis; before version 11 scales were the second input.
    private func resizeTargets(_ axes: [Int]) throws -> Targets {
        guard opset >= 11, let given = optional(3), try shape(given).rank > 0, try shape(given)[0] != 0 else {
            let scales = try host(opset >= 11 ? 2 : 1).reals()
            guard scales.count == axes.count else {
                throw invalid("\(scales.count) scales do not go with \(axes.count) axes")
            }
            return .scales(scales)
        }
        let sizes = try extents(3)
        guard sizes.count == axes.count else {
            throw invalid("\(sizes.count) sizes do not go with \(axes.count) axes")
        }
        let policy = try string("keep_aspect_ratio_policy", default: "stretch")
        if policy == "stretch" { return .sizes(sizes) }
        let shape = graph.shape(try real(0))
        let ratios = try zip(axes, sizes).map { axis, wanted in
            Double(try wanted.known()) / Double(try size(shape, axis))
        }
        switch policy {
        case "not_larger": return .common(ratios.min() ?? 1)
        case "not_smaller": return .common(ratios.max() ?? 1)
        default:
            throw invalid(
                "its attribute 'keep_aspect_ratio_policy' is '\(policy)'; expected stretch, not_larger or not_smaller")
        }
    }

    /// The new size and the scale of one axis; nil where it stays.
    private func target(_ axis: Int, _ targets: Targets, _ index: Int, isCropped: Bool) throws -> (
        size: Int, scale: Double
    )? {
        let dimension = graph.shape(try real(0))[axis]
        guard let old = dimension.number else {
            var stays = false
            switch targets {
            case .scales(let scales): stays = scales[index] == 1
            case .sizes(let sizes):
                stays =
                    sizes[index] == Extent(dimension)
                    || importer.fixedBatch.map { sizes[index] == Extent(dimension.factor * $0) } ?? false
            case .common: break
            }
            guard stays, !isCropped else { throw GraphError(.examplesMeet, "it resamples the examples") }
            return nil
        }
        let (size, scale): (Int, Double)
        switch targets {
        case .sizes(let sizes):
            size = try sizes[index].known()
            scale = Double(size) / Double(max(old, 1))
        case .scales(let scales):
            guard scales[index] > 0, scales[index] * Double(old) < Double(1 << 31) else {
                throw invalid("a scale is \(scales[index])")
            }
            (size, scale) = (Int((Double(old) * scales[index]).rounded(.down)), scales[index])
        case .common(let common):
            guard common > 0, common * Double(old) < Double(1 << 31) else { throw invalid("a scale is \(common)") }
            (size, scale) = (Int((Double(old) * common).rounded(.toNearestOrAwayFromZero)), common)
        }
        guard size > 0, size < 1 << 31, old > 0 else { throw invalid("a size is \(size); expected a positive number") }
        try check(size)
        return size == old && scale == 1 && !isCropped ? nil : (size, scale)
    }

    /// A table has an entry for each position; no picture has as many.
    private func check(_ size: Int) throws {
        guard size <= 1 << 20 else { throw invalid("a size is \(size); expected at most \(1 << 20)") }
    }

    /// The part of each axis that is shown, where the operator crops: from where to where, the whole being 0 to 1.
    private func cropped(_ axes: [Int]) throws -> [(first: Double, last: Double)]? {
        guard try string("coordinate_transformation_mode", default: "") == "tf_crop_and_resize" else { return nil }
        let region = try host(1).reals()
        guard region.count == 2 * axes.count else {
            throw invalid("\(region.count) bounds of a region do not go with \(axes.count) axes; expected two for each")
        }
        guard region.allSatisfy({ $0.magnitude < Double(1 << 31) }) else {
            throw invalid("a bound of its region is not finite, or too large")
        }
        return axes.indices.map { (region[$0], region[$0 + axes.count]) }
    }

    private func resampled(_ x: Node, axis: Int, _ resampling: Resampling) throws -> Node {
        guard resampling.taps.first.map({ $0.count <= 4 }) ?? true else {
            return try asProduct(x, axis: axis, resampling)
        }
        var sum: Node?
        for tap in 0..<(resampling.taps.first?.count ?? 0) {
            let indices = HostTensor(resampling.taps.map { Extent($0[tap].index) })
            let weights = resampling.taps.map { $0[tap].weight }
            if weights.allSatisfy({ $0 == 0 }) { continue }
            let picked = try asNode(gather(.node(x), known: indices, axis: axis))
            var term = picked
            if !weights.allSatisfy({ $0 == 1 }) {
                let factors = try graph.constant(Constant([weights.count], weights))
                term = try graph.multiply(picked, graph.broadcast(factors, to: graph.shape(picked), axes: [axis]))
            }
            sum = try sum.map { try graph.add($0, term) } ?? term
        }
        var shape = graph.shape(x)
        shape[axis] = Dimension(resampling.taps.count)
        return try extrapolated(sum ?? graph.filled(0, shape), axis: axis, resampling)
    }

    /// Where a position is made of many, all positions together are a product with a matrix.
    private func asProduct(_ x: Node, axis: Int, _ resampling: Resampling) throws -> Node {
        let old = try size(graph.shape(x), axis)
        guard resampling.taps.count * old <= 1 << 26 else {
            throw unsupported(
                "\(resampling.taps.count) positions made of \(old) are not supported; at most 2^26 pairs are")
        }
        var matrix = [Double](repeating: 0, count: resampling.taps.count * old)
        for (row, taps) in resampling.taps.enumerated() {
            for tap in taps { matrix[row * old + tap.index] += tap.weight }
        }
        let rank = graph.shape(x).rank
        var result = Array(0..<rank)
        result[axis] = rank
        let product = try graph.contract(
            x, Array(0..<rank), graph.constant(Constant([resampling.taps.count, old], matrix)), [rank, axis],
            to: result)
        return try extrapolated(product, axis: axis, resampling)
    }

    private func extrapolated(_ x: Node, axis: Int, _ resampling: Resampling) throws -> Node {
        guard resampling.isOutside.contains(true), resampling.extrapolation != 0 else { return x }
        let values = resampling.isOutside.map { $0 ? resampling.extrapolation : 0 }
        let constant = try graph.constant(Constant([values.count], values))
        return try graph.add(x, graph.broadcast(constant, to: graph.shape(x), axes: [axis]))
    }
}
