import TensorIR

/// Operators that change shapes, or tell them.
extension OperatorCall {
    func reshape() throws -> [Value] {
        let x = try value(0)
        let target = try ReshapeTarget(
            extents(1), of: shape(x), allowZero: flag("allowzero", default: false), fixedBatch: importer.fixedBatch)
        return [try reshape(x, target.resolve())]
    }

    /// Two axes: what comes before `axis`, and the rest.
    func flatten() throws -> [Value] {
        let x = try value(0)
        let shape = try self.shape(x)
        let given = try int("axis", default: 1)
        guard (-shape.rank...shape.rank).contains(given) else { throw invalid("axis \(given) is none of \(shape)") }
        let axis = given < 0 ? given + shape.rank : given
        return [try reshape(x, Shape([folded(shape.dimensions[..<axis]), folded(shape.dimensions[axis...])]))]
    }
    /// Several axes as one.
    private func folded(_ dimensions: ArraySlice<Dimension>) -> Dimension {
        guard let at = dimensions.firstIndex(where: \.isSymbolic) else {
            return Dimension(dimensions.reduce(1) { $0 * $1.inner })
        }
        let before = dimensions[..<at].reduce(1) { $0 * $1.inner }
        let after = dimensions[(at + 1)...].reduce(1) { $0 * $1.inner }
        return Dimension(outer: before * dimensions[at].outer, examplesTimes: dimensions[at].inner * after)
    }

    private func axesInput() throws -> [Int]? { try ints("axes") ?? optional(1).map { _ in try numbers(1) } }

    func squeeze() throws -> [Value] {
        let x = try value(0)
        let shape = try self.shape(x)
        let all = shape.dimensions.indices.filter { shape[$0] == 1 }
        let axes = try axesInput().map { try self.axes($0, rank: shape.rank) } ?? all
        for axis in axes where shape[axis] != 1 {
            if shape[axis].isSymbolic {
                throw GraphError(
                    .examplesMeet, "it removes the example axis of \(shape), as if there were one example only")
            }
            throw invalid("axis \(axis) of \(shape) has not the size 1")
        }
        return [try reshape(x, shape.removing(axes: axes))]
    }

    func unsqueeze() throws -> [Value] {
        let x = try value(0)
        var shape = try self.shape(x)
        guard let given = try axesInput() else { throw invalid("it does not say which axes to put in") }
        for axis in try axes(given, rank: shape.rank + given.count).sorted() { shape.dimensions.insert(1, at: axis) }
        return [try reshape(x, shape)]
    }

    func transpose() throws -> [Value] {
        let x = try value(0)
        return [try permute(x, ints("perm") ?? Array((0..<(try shape(x).rank)).reversed()))]
    }

    /// Repeats both ways: sizes of 1 on either side give way.
    func expand() throws -> [Value] {
        var x = try value(0)
        let target = try extents(1)
        let rank = max(try shape(x).rank, target.count)
        var result: [Dimension] = []
        for fromEnd in (1...max(rank, 1)).reversed() where fromEnd <= rank {
            let from = try shape(x)
            let axis = from.rank - fromEnd
            let size = axis < 0 ? Dimension(1) : from[axis]
            let wanted = fromEnd <= target.count ? target[target.count - fromEnd] : 1
            if wanted == 1 || wanted == -1 || wanted == Extent(size) {
                result.append(size)
            } else if size == 1 {
                result.append(try shape(from: [wanted])[0])
            } else if size.isSymbolic, let batch = importer.fixedBatch, wanted == Extent(size.factor * batch) {
                result.append(size)
            } else if wanted.isSymbolic {
                let dimension = try shape(from: [wanted])[0]
                guard let one = try repeating(asNode(x), axis: axis, as: dimension) else {
                    throw GraphError(
                        .examplesMeet, "\(from) holds different values where (\(wanted)) asks for the examples")
                }
                x = .node(one)
                result.append(dimension)
            } else {
                throw GraphError(
                    size.isSymbolic ? .examplesMeet : .invalid,
                    "\(from) does not repeat to (\(target.map(\.description).joined(separator: ", ")))")
            }
        }
        return [try broadcast(x, to: Shape(result))]
    }

    func tile() throws -> [Value] {
        let x = try value(0)
        let from = try shape(x)
        let repeats = try extents(1)
        guard repeats.count == from.rank else { throw invalid("\(repeats.count) counts do not go with \(from)") }
        // An axis for the repeats before each axis that has some; then both are folded.
        var (split, kept, merged): ([Dimension], [Int], [Dimension]) = ([], [], [])
        for (size, count) in zip(from.dimensions, repeats) {
            if count != 1 { split.append(try shape(from: [count])[0]) }
            kept.append(split.count)
            split.append(size)
            merged.append(count == 1 ? size : folded(split[(split.count - 2)...]))
        }
        guard split.count(where: \.isSymbolic) <= 1 else { throw GraphError(.examplesMeet, "it repeats the examples") }
        let wide = Shape(split)
        try importer.check(size: wide)
        if case .host(let tensor) = x, let sizes = wide.numbers, HostTensor.isSmall(sizes) {
            var ones = [Int](repeating: 1, count: sizes.count)
            for (axis, size) in zip(kept, tensor.sizes) { ones[axis] = size }
            return [.host(tensor.reshaped(ones).broadcast(to: sizes).reshaped(merged.map(\.inner)))]
        }
        return [.node(try graph.reshape(graph.broadcast(asNode(x), to: wide, axes: kept), Shape(merged)))]
    }

    func depthToSpace() throws -> [Value] {
        let (x, shape, block) = try blocks()
        guard shape[1].inner % (block * block) == 0 else {
            throw invalid("blocks of \(block) do not divide the channels of \(shape)")
        }
        let channels = Dimension(shape[1].inner / (block * block))
        let (b, h, w) = (Dimension(block), shape[2], shape[3])
        let result = Shape([shape[0], channels, Dimension(h.inner * block), Dimension(w.inner * block)])
        if try string("mode", default: "DCR") == "CRD" {
            let split = try graph.reshape(x, Shape([shape[0], channels, b, b, h, w]))
            return [.node(try graph.reshape(graph.permute(split, [0, 1, 4, 2, 5, 3]), result))]
        }
        let split = try graph.reshape(x, Shape([shape[0], b, b, channels, h, w]))
        return [.node(try graph.reshape(graph.permute(split, [0, 3, 4, 1, 5, 2]), result))]
    }
    func spaceToDepth() throws -> [Value] {
        let (x, shape, block) = try blocks()
        let (h, w) = (shape[2].inner, shape[3].inner)
        guard h % block == 0, w % block == 0 else {
            throw invalid("blocks of \(block) do not divide the space of \(shape)")
        }
        let b = Dimension(block)
        let (rows, columns) = (Dimension(h / block), Dimension(w / block))
        let split = try graph.reshape(x, Shape([shape[0], shape[1], rows, b, columns, b]))
        let result = Shape([shape[0], Dimension(shape[1].inner * block * block), rows, columns])
        let order = try string("mode", default: "DCR") == "CRD" ? [0, 1, 3, 5, 2, 4] : [0, 3, 5, 1, 2, 4]
        return [.node(try graph.reshape(graph.permute(split, order), result))]
    }
    private func blocks() throws -> (Node, Shape, Int) {
        let x = try nodeInput(0)
        let shape = graph.shape(x)
        let block = try int("blocksize", default: 0)
        guard shape.rank == 4, (1..<3).allSatisfy({ shape[$0].number != nil }), shape[3].number != nil else {
            throw invalid("expected examples, channels and two spatial axes, found the shape \(shape)")
        }
        guard block > 0, block < 1 << 15 else {
            throw invalid("its attribute 'blocksize' is \(block); expected a positive number")
        }
        return (x, shape, block)
    }

    func shapeOf() throws -> [Value] {
        let shape = try self.shape(value(0))
        func clamped(_ end: Int) -> Int { min(shape.rank, max(0, end < 0 ? end + shape.rank : end)) }
        let (start, end) = (clamped(try int("start", default: 0)), clamped(try int("end", default: shape.rank)))
        return [.host(HostTensor(shape.dimensions[start..<max(start, end)].map { Extent($0) }))]
    }
    func sizeOf() throws -> [Value] {
        [.host(HostTensor(scalar: try shape(value(0)).dimensions.reduce(Extent(1)) { try $0 * Extent($1) }))]
    }
}
