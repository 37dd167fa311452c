import TensorIR

/// Picking by index.
extension OperatorCall {
    func gather() throws -> [Value] {
        let (x, indices) = (try value(0), try value(1))
        let shape = try self.shape(x)
        let axis = try self.axis(int("axis", default: 0), rank: shape.rank)
        if let known = indices.host, !known.isSymbolic {
            return [try gather(x, known: known, axis: axis)]
        }
        let index = try asNode(indices)
        guard graph.type(index).element == .int64 else {
            throw invalid("its indices are \(graph.type(index)); expected integers")
        }
        return [.node(try graph.append(Gather(lead: axis), asNode(x), index))]
    }

    /// Indices that are known now: a run of neighbours is a slice.
    func gather(_ x: Value, known: HostTensor, axis: Int) throws -> Value {
        let shape = try self.shape(x)
        let size = try self.size(shape, axis)
        let indices = try known.integers().map { extent in
            let index = try extent.known()
            guard (-size..<size).contains(index) else {
                throw invalid("the index \(index) lies outside the \(size) positions of axis \(axis)")
            }
            return index < 0 ? index + size : index
        }
        let sizes = shape.dimensions[..<axis].map(\.inner) + known.sizes + shape.dimensions[(axis + 1)...].map(\.inner)
        if case .host(let tensor) = x, tensor.count <= HostTensor.foldLimit, HostTensor.isSmall(sizes) {
            return .host(tensor.gathered(axis: axis, indices, shape: known.sizes))
        }
        if let first = indices.first, indices.enumerated().allSatisfy({ $1 == first + $0 }) {
            let run = try slice(x, axis: axis, start: first, count: indices.count)
            let sizes = known.sizes.map { Dimension($0) }
            return try reshape(run, Shape(shape.dimensions[..<axis] + sizes + shape.dimensions[(axis + 1)...]))
        }
        let constant = try graph.constant(Constant(known.sizes, indices.map { Int64($0) }))
        return .node(try graph.append(Gather(lead: axis), asNode(x), constant))
    }

    /// An index for every element, along one axis.
    func gatherElements() throws -> [Value] {
        let (x, indices) = (try nodeInput(0), try nodeInput(1))
        let rank = graph.shape(x).rank
        guard graph.shape(indices).rank == rank else {
            throw invalid("\(graph.shape(x)) and indices \(graph.shape(indices)) have different ranks")
        }
        guard graph.type(indices).element == .int64 else { throw invalid("its indices are not integers") }
        let axis = try self.axis(int("axis", default: 0), rank: rank)
        var operands = [x, indices]
        for other in 0..<rank where other != axis {
            operands = try alignExamples(operands, axes: [other, other])
            let (size, wanted) = (graph.shape(operands[0])[other], graph.shape(operands[1])[other])
            if size == wanted { continue }
            if size.isSymbolic || wanted.isSymbolic {
                // One side repeats for each example.
                operands = try operands.map { node in
                    var shape = graph.shape(node)
                    shape[other] = size.isSymbolic ? size : wanted
                    return try graph.broadcast(node, to: shape)
                }
                continue
            }
            guard wanted.inner <= size.inner else {
                throw invalid("indices \(graph.shape(indices)) reach beyond \(graph.shape(x))")
            }
            operands[0] = try graph.slice(operands[0], axis: other, start: 0, count: wanted.inner)
        }
        let last = (0..<rank).filter { $0 != axis } + [axis]
        let picked = try graph.append(
            Gather(batchAxes: rank - 1), graph.permute(operands[0], last), graph.permute(operands[1], last))
        var back = Array(0..<(rank - 1))
        back.insert(rank - 1, at: axis)
        return [.node(try graph.permute(picked, back))]
    }

    /// Index tuples: the indexed axes are folded into one, and so are the indices.
    func gatherND() throws -> [Value] {
        let batch = try int("batch_dims", default: 0)
        var (x, indices) = (try nodeInput(0), try nodeInput(1))
        let indexRank = graph.shape(indices).rank
        guard indexRank > 0, let width = graph.shape(indices)[indexRank - 1].number, width > 0,
            (0..<indexRank).contains(batch), batch + width <= graph.shape(x).rank
        else { throw invalid("indices \(graph.shape(indices)) do not go with \(graph.shape(x))") }
        for axis in 0..<batch {
            let aligned = try alignExamples([x, indices], axes: [axis, axis])
            (x, indices) = (aligned[0], aligned[1])
        }
        let shape = graph.shape(x)
        let sizes = try (batch..<(batch + width)).map { try size(shape, $0) }
        let flat = try foldedIndex(indices, sizes: sizes)
        let folded = shape.dimensions[..<batch] + [Dimension(sizes.reduce(1, *))] + shape.dimensions[(batch + width)...]
        return [.node(try graph.append(Gather(batchAxes: batch), graph.reshape(x, Shape(Array(folded))), flat))]
    }

    /// Index tuples, in the last axis, into axes of these sizes as indices into one axis.
    func foldedIndex(_ indices: Node, sizes: [Int]) throws -> Node {
        let axis = graph.shape(indices).rank - 1
        let terms = try HostTensor.rowMajorStrides(sizes).enumerated().map { position, stride in
            let one = try graph.slice(indices, axis: axis, start: position, count: 1)
            let column = try graph.reshape(one, graph.shape(indices).removing(axes: [axis]))
            let size = try graph.filled(Double(sizes[position]), like: column)
            let zero = try graph.filled(0, like: column)
            let positive = try graph.select(graph.less(column, zero), graph.add(column, size), column)
            return try graph.multiply(positive, graph.filled(Double(stride), like: column))
        }
        return try terms.dropFirst().reduce(terms[0]) { try graph.add($0, $1) }
    }

    /// A one in the place that each index names.
    func oneHot() throws -> [Value] {
        let indices = try nodeInput(0)
        let depth = try number(1)
        guard depth > 0, depth <= 1 << 24 else {
            throw invalid("its depth is \(depth); expected a number from 1 to \(1 << 24)")
        }
        let values = try host(2)
        guard values.count == 2 else { throw invalid("expected two values, off and on, found \(values.count)") }
        let shape = graph.shape(indices)
        let axis = try self.axis(int("axis", default: -1), rank: shape.rank + 1)
        var wide = shape
        wide.dimensions.insert(Dimension(depth), at: axis)
        try importer.check(size: wide)
        let integers = try graph.cast(indices, to: .int64)
        let size = try graph.filled(Double(depth), like: integers)
        let positive = try graph.select(
            graph.less(integers, graph.filled(0, like: integers)), graph.add(integers, size), integers)
        let hit = try graph.isPlace(positive, count: depth, axis: axis)
        let (off, on) = (values.picking([0], sizes: []), values.picking([1], sizes: []))
        return [try select(.node(hit), .host(on), .host(off))]
    }
}
