import Kernels

@testable import TensorIR

/// Random compositions of smooth functions: every node depends on an input, and no value is large.
struct RandomProgram {
    private let graph: TensorGraph
    private var generator: SeededGenerator
    private var pool: [Node]

    static var inputs: [Input] {
        [.uniform([.examples, 3]), .uniform([3, 2]), .uniform([2, .examples]), .uniform([4])]
    }

    /// The last of `length` nodes, each made from earlier ones. A number is added that moves, since some programs are
    /// constant (a softmax of equal scores), and a test of these would show nothing.
    static func build(_ graph: TensorGraph, _ inputs: [Node], seed: UInt64, length: Int) throws -> Node {
        var program = RandomProgram(graph: graph, generator: SeededGenerator(seed: seed), pool: inputs)
        while program.pool.count < inputs.count + length { try program.grow() }
        let last = program.pool.last!
        let moving = try graph.sum(graph.square(inputs.last!), axes: [0])
        return try graph.add(last, graph.broadcast(moving, to: graph.shape(last), axes: []))
    }

    private mutating func grow() throws {
        // Recent nodes more often, so that programs become deep.
        let x = generator.next(below: 3) == 0 ? generator.pick(pool) : generator.pick(pool.suffix(3))
        var result: Node?
        switch generator.next(below: 12) {
        case 0, 1:
            result = try graph.unary(generator.pick([.tanh, .sigmoid, .sin, .cos, .softplus, .erf, .atan, .asinh]), x)
        case 2, 3: result = try arithmetic(x, generator.pick(pool))
        case 4, 5: result = try product(x, generator.pick(pool))
        case 6: result = try graph.permute(x, Array(0..<graph.shape(x).rank).shuffled(using: &generator))
        case 7: result = try folded(x)
        case 8: result = try reduced(x)
        case 9: result = try alongAxis(x)
        case 10: result = try graph.expand(x, at: generator.next(below: graph.shape(x).rank + 1))
        default: result = try graph.broadcastLeading(x, size: 2)
        }
        guard let result, graph.shape(result).factor <= 96, graph.shape(result).rank <= 5, !pool.contains(result) else {
            return
        }
        pool.append(result)
    }

    private mutating func arithmetic(_ a: Node, _ b: Node) throws -> Node? {
        guard let together = try? graph.broadcastTogether([a, b]),
            graph.shape(together[0]).dimensions.count(where: \.isSymbolic) < 2
        else { return nil }
        let (x, y) = (together[0], together[1])
        switch generator.next(below: 5) {
        case 0: return try graph.add(x, y)
        case 1: return try graph.subtract(x, y)
        case 2: return try graph.multiply(graph.unary(.tanh, x), y)
        case 3: return try graph.divide(x, graph.add(graph.square(y), graph.filled(1, like: y)))
        default: return try graph.power(graph.softplus(x), graph.tanh(y))
        }
    }

    /// A product over axes of equal extents, taken at random as batch axes or contracted.
    private mutating func product(_ a: Node, _ b: Node) throws -> Node? {
        let (x, y) = (graph.shape(a), graph.shape(b))
        let left = Array(0..<x.rank)
        var (right, result) = ([Int](), left)
        for axis in 0..<y.rank {
            let partners = left.filter { x[$0] == y[axis] && !right.contains($0) }
            if let partner = partners.randomElement(using: &generator),
                generator.next(below: 4) > 0 || y[axis].isSymbolic
            {
                right.append(partner)
                if generator.next(below: 2) == 0 { result.removeAll { $0 == partner } }
            } else {
                right.append(10 + axis)
                result.append(10 + axis)
            }
        }
        result.shuffle(using: &generator)
        let free = zip(left + right, x.dimensions + y.dimensions).filter { $1.isSymbolic && result.contains($0) }.map(
            \.0)
        guard Set(free).count < 2 else { return nil }
        return try graph.contract(graph.tanh(a), left, b, right, to: result)
    }

    /// Neighbouring axes folded into one, or a folded one unfolded.
    private mutating func folded(_ x: Node) throws -> Node? {
        var shape = graph.shape(x)
        guard shape.rank > 0 else { return nil }
        let axis = generator.next(below: shape.rank)
        let dimension = shape[axis]
        if dimension.isSymbolic, dimension.factor > 1 {
            shape.dimensions.replaceSubrange(
                axis...axis, with: [Dimension(dimension.outer), .examples, Dimension(dimension.inner)])
            return try graph.reshape(x, shape)
        }
        guard axis + 1 < shape.rank else { return nil }
        let next = shape[axis + 1]
        let merged: Dimension =
            switch (dimension.isSymbolic, next.isSymbolic) {
            case (false, false): Dimension(dimension.inner * next.inner)
            case (true, false): Dimension(outer: dimension.outer, examplesTimes: dimension.inner * next.inner)
            case (false, true): Dimension(outer: dimension.inner * next.outer, examplesTimes: next.inner)
            case (true, true): preconditionFailure("two example axes")
            }
        shape.dimensions.replaceSubrange(axis...(axis + 1), with: [merged])
        return try graph.reshape(x, shape)
    }

    private mutating func reduced(_ x: Node) throws -> Node? {
        let axes = (0..<graph.shape(x).rank).filter { _ in generator.next(below: 2) == 0 }
        return axes.isEmpty ? nil : try graph.sum(graph.tanh(x), axes: axes)
    }

    /// What works along one axis that is no example axis.
    private mutating func alongAxis(_ x: Node) throws -> Node? {
        let shape = graph.shape(x)
        guard let axis = (0..<shape.rank).filter({ shape[$0].number ?? 0 > 1 }).randomElement(using: &generator) else {
            return nil
        }
        let size = shape[axis].inner
        switch generator.next(below: 8) {
        case 0: return try graph.softmax(x, axis: axis)
        case 1: return try graph.logSumExp(x, axis: axis)
        case 2:
            return try graph.append(
                CumulativeSum(axis: axis, exclusive: false, reverse: generator.next(below: 2) == 0), x)
        case 3: return try graph.reverse(x, axis: axis)
        case 4: return try graph.slice(x, axis: axis, start: size - 1, step: -1, count: size - 1)
        case 5: return try graph.append(Pad(axis: axis, low: 1, high: 0, interior: generator.next(below: 2)), x)
        case 6: return try graph.concatenate([x, graph.tanh(x)], axis: axis)
        default:
            let indices = try graph.constant(Constant([3], (0..<3).map { _ in Int64(generator.next(below: size)) }))
            let turned = try graph.permute(x, [axis] + (0..<shape.rank).filter { $0 != axis })
            return try graph.append(Gather(), turned, indices)
        }
    }
}

extension TensorGraph {
    fileprivate func softplus(_ x: Node) throws -> Node { try unary(.softplus, x) }
}
