import TensorIR

/// Tensors taken apart and put together. No element is computed here.
extension Tensor {
    /// Other extents for the same elements in row-major order. Where the first axis is the examples, it stays and is not listed:
    /// `x.reshaped([3, 4])` of (B, 12) is (B, 3, 4). One extent may be -1 and follows from the others.
    public func reshaped(_ extents: [Int]) throws -> Tensor {
        try make("reshaped") { graph in
            let own = type.shape
            let leading = own.dimensions.first?.isSymbolic == true ? 1 : 0
            guard own.dimensions.dropFirst(leading).allSatisfy({ $0.number != nil }) else {
                throw ModelError(.shape, "expected the examples along the first axis, found \(self)")
            }
            let count = own.dimensions.dropFirst(leading).reduce(1) { $0 * $1.inner }
            var extents = extents
            let known = extents.filter { $0 != -1 }
            if known.count == extents.count - 1, let open = extents.firstIndex(of: -1) {
                let rest = known.reduce(1, *)
                extents[open] = rest > 0 ? count / rest : 0
            }
            guard extents.allSatisfy({ $0 > 0 }), extents.reduce(1, *) == count else {
                throw ModelError(.shape, "expected extents for the \(count) elements of \(self), found \(extents)")
            }
            return try graph.reshape(node, Shape(own.dimensions.prefix(leading) + extents.map { Dimension($0) }))
        }
    }
    /// One axis for all but the examples.
    public func flattened() throws -> Tensor { try reshaped([-1]) }

    /// The axes in another order: axis i of the result is axis `order[i]`.
    public func transposed(_ order: [Int]) throws -> Tensor {
        try make("transposed") { graph in
            let axes = order.map { $0 < 0 ? $0 + rank : $0 }
            guard axes.sorted() == Array(0..<rank) else {
                throw ModelError(.shape, "expected each of the \(rank) axes of \(self) once, found \(order)")
            }
            return try graph.permute(node, axes)
        }
    }
    /// The last two axes swapped.
    public func transposed() throws -> Tensor {
        guard rank >= 2 else {
            throw ModelError(.shape, place: "transposed", "expected two axes or more, found \(self)")
        }
        return try transposed(Array(0..<(rank - 2)) + [rank - 1, rank - 2])
    }

    /// An axis of extent 1 put in at `axis`, counted in the result.
    public func expanded(axis: Int) throws -> Tensor {
        try make("expanded") { graph in
            let index = axis < 0 ? axis + rank + 1 : axis
            guard (0...rank).contains(index) else {
                throw ModelError(.shape, "axis \(axis) is none of the \(rank + 1) axes of the result")
            }
            return try graph.expand(node, at: index)
        }
    }
    /// An axis of extent 1 taken out.
    public func squeezed(axis: Int) throws -> Tensor {
        try make("squeezed") { graph in
            let index = try self.axis(axis)
            guard size(index) == 1 else {
                throw ModelError(
                    .shape, "expected an axis of extent 1, found \(size(index)) along axis \(axis) of \(self)")
            }
            return try graph.reshape(node, type.shape.removing(axes: [index]))
        }
    }

    /// Every `step`-th position of a range along an axis.
    public func sliced(axis: Int, _ range: Range<Int>, step: Int = 1) throws -> Tensor {
        try make("sliced") { graph in
            let index = try self.axis(axis)
            guard range.lowerBound >= 0, range.upperBound <= size(index), !range.isEmpty, step > 0 else {
                throw ModelError(
                    .shape,
                    "expected a range within the \(size(index)) positions of axis \(axis) and a positive step, found \(range) by \(step)"
                )
            }
            return try graph.slice(
                node, axis: index, start: range.lowerBound, step: step, count: (range.count + step - 1) / step)
        }
    }
    /// One position of an axis, which disappears.
    public func selected(axis: Int, at position: Int) throws -> Tensor {
        try sliced(axis: axis, position..<position + 1).squeezed(axis: axis)
    }
    /// Neighbouring pieces of equal extent along an axis.
    public func split(axis: Int, into count: Int) throws -> [Tensor] {
        let index = try ModelError.translating(place: "split") { try self.axis(axis) }
        guard count > 0, size(index) % count == 0 else {
            throw ModelError(
                .shape, place: "split",
                "the \(size(index)) positions of axis \(axis) do not split into \(count) equal parts")
        }
        let width = size(index) / count
        return try (0..<count).map { try sliced(axis: index, $0 * width..<($0 + 1) * width) }
    }
    /// The positions along an axis in reverse order.
    public func reversed(axis: Int) throws -> Tensor {
        try make("reversed") { try $0.reverse(node, axis: self.axis(axis)) }
    }
    /// Zeros before and after an axis.
    public func padded(axis: Int, before: Int, after: Int) throws -> Tensor {
        try make("padded") { graph in
            guard before >= 0, after >= 0 else {
                throw ModelError(.option, "expected paddings from 0, found \(before) and \(after)")
            }
            return try graph.pad(node, axis: self.axis(axis), low: before, high: after)
        }
    }

    /// Tensors side by side along an axis. One made of parameters alone repeats for every example where others have examples.
    public static func concatenated(_ tensors: [Tensor], axis: Int) throws -> Tensor {
        guard let model = tensors.first(where: { $0.type.shape.hasExamples }) ?? tensors.first else {
            throw ModelError(.shape, place: "concatenated", "expected one tensor or more, found none")
        }
        try model.requireOneModel(tensors, "concatenated")
        return try model.make("concatenated") { graph in
            let index = try model.axis(axis)
            return try graph.concatenate(
                tensors.map { tensor in
                    if tensor.type.shape.hasExamples == model.type.shape.hasExamples { return tensor.node }
                    return try tensor.repeated(along: model.type.shape[0], rank: model.rank).node
                }, axis: index)
        }
    }

    /// The same value for every example: (3, 4) and (1, 3, 4) become (B, 3, 4) for a rank of 3.
    ///
    /// - Parameter rank: of the result; one more than this tensor's unless said.
    public func forEachExample(rank: Int? = nil) throws -> Tensor {
        try repeated(along: .examples, rank: rank ?? self.rank + 1)
    }

    private func repeated(along rows: Dimension, rank wanted: Int) throws -> Tensor {
        try make("forEachExample") { graph in
            guard !type.shape.hasExamples,
                wanted == self.rank + 1 || (wanted == self.rank && type.shape.dimensions.first == 1)
            else {
                throw ModelError(.shape, "expected a tensor without examples that fits \(wanted) axes, found \(self)")
            }
            let rest = wanted == self.rank ? type.shape.removing(axes: [0]) : type.shape
            let whole = Shape([rows] + rest.dimensions)
            return try graph.broadcast(graph.reshape(node, rest), to: whole, axes: Array(1..<wanted))
        }
    }
}
