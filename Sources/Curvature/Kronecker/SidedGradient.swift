import Kernels
import TensorIR

/// A weight's gradient as it is before the sum over positions: a product of output gradients and inputs, each with some of the weight's
/// axes. It starts in the axes of the value that meets the data, and is pulled back to the parameter's own, side by side.
struct SidedGradient {
    enum Side { case output, input }
    /// The side of each axis of the current value.
    var sides: [Side]
    /// (examples, positions) and the axes on the side of outputs.
    var output: Node
    /// (examples, positions) and the axes on the side of inputs; nil where inputs are indices of a table.
    var input: Node?

    private static let lead = 2

    /// Undoes one step between the parameter and the data.
    mutating func pullBack(_ step: ParameterUse.Step, in graph: TensorGraph) throws {
        let operands = graph.operands(step.node)
        let operandShape = graph.shape(operands[step.operand])
        switch graph.primitive(step.node) {
        case let permute as Permute:
            var before = sides
            for (result, operand) in permute.axes.enumerated() { before[operand] = sides[result] }
            for side in [Side.output, .input] {
                let targets = axes(side).map { permute.axes[$0] }
                let order = targets.indices.sorted { targets[$0] < targets[$1] }
                try change(side) { try graph.permute($0, [0, 1] + order.map { $0 + Self.lead }) }
            }
            sides = before
        case is Reshape: try unfold(graph.shape(step.node).dimensions.map(\.inner), operandShape, graph)
        case let slice as Slice: try transpose(slice, axis: slice.axis, operandShape, graph)
        case let pad as Pad: try transpose(pad, axis: pad.axis, operandShape, graph)
        case let concatenate as Concatenate:
            let sizes = operands.map { graph.shape($0)[concatenate.axis].inner }
            let start = sizes[..<step.operand].reduce(0, +)
            let place = place(of: concatenate.axis)
            try change(sides[concatenate.axis], required: true) {
                try graph.slice($0, axis: place, start: start, count: sizes[step.operand])
            }
        case let gather as Gather where step.operand == 0 && gather.batchAxes == 0:
            try scatter(gather, operands[1], rows: operandShape[gather.lead].inner, graph)
        case let broadcast as Broadcast:
            for side in [Side.output, .input] {
                let repeated = axes(side).enumerated().filter { !broadcast.axes.contains($0.element) }
                if repeated.isEmpty { continue }
                try change(side, required: true) { try graph.sum($0, axes: repeated.map { $0.offset + Self.lead }) }
            }
            sides = broadcast.axes.map { sides[$0] }
        case let elementwise as Elementwise:
            try pullBack(elementwise.operation, step, graph)
        default:
            throw UnsupportedUse(reason: "goes through '\(graph.primitive(step.node).name)' before it meets the data")
        }
    }

    // MARK: Sides

    private func axes(_ side: Side) -> [Int] { sides.indices.filter { sides[$0] == side } }
    /// Where an axis of the current value stands in the tensor of its side.
    private func place(of axis: Int) -> Int { Self.lead + axes(sides[axis]).firstIndex(of: axis)! }

    private mutating func change(_ side: Side, required: Bool = false, _ change: (Node) throws -> Node) throws {
        if side == .output {
            output = try change(output)
        } else if let value = input {
            input = try change(value)
        } else if required {
            throw UnsupportedUse(reason: "has its rows cut or joined before they are picked by index")
        }
    }

    /// A linear primitive along one axis, whose transpose works on the tensor that has the axis.
    private mutating func transpose(_ primitive: Slice, axis: Int, _ shape: Shape, _ graph: TensorGraph) throws {
        var moved = primitive
        moved.axis = place(of: axis)
        let rule = moved
        try change(sides[axis], required: true) { value in
            try rule.transpose(
                0, cotangent: value, operands: [Self.model(value, rule.axis, shape[axis], graph)], in: graph)
        }
    }
    private mutating func transpose(_ primitive: Pad, axis: Int, _ shape: Shape, _ graph: TensorGraph) throws {
        var moved = primitive
        moved.axis = place(of: axis)
        let rule = moved
        try change(sides[axis], required: true) { value in
            try rule.transpose(
                0, cotangent: value, operands: [Self.model(value, rule.axis, shape[axis], graph)], in: graph)
        }
    }
    /// Something of the operand's shape, for transposes that ask for it.
    private static func model(_ value: Node, _ axis: Int, _ size: Dimension, _ graph: TensorGraph) throws -> Node {
        var shape = graph.shape(value)
        shape[axis] = size
        return try graph.filled(0, shape)
    }

    private mutating func scatter(_ gather: Gather, _ indices: Node, rows: Int, _ graph: TensorGraph) throws {
        let rank = graph.shape(indices).rank
        let picked = gather.lead..<(gather.lead + rank)
        let side = rank == 0 ? Side.output : sides[gather.lead]
        guard sides[picked].allSatisfy({ $0 == side }) else {
            throw UnsupportedUse(reason: "has rows picked across its input and output axes")
        }
        let place = Self.lead + axes(side).count { $0 < gather.lead }
        try change(side, required: true) {
            try graph.append(ScatterAdd(rows: rows, lead: place), $0, indices)
        }
        sides.replaceSubrange(picked, with: [side])
    }

    private mutating func pullBack(
        _ operation: ElementwiseOperation, _ step: ParameterUse.Step, _ graph: TensorGraph
    ) throws {
        let operands = graph.operands(step.node)
        switch (operation, step.operand) {
        case (.identity, _), (.add, _), (.subtract, 0): break
        case (.negate, _), (.subtract, _): output = try graph.negate(output)
        case (.multiply, _): output = try graph.multiply(output, scale(operands[1 - step.operand], graph))
        case (.divide, 0): output = try graph.divide(output, scale(operands[1], graph))
        default: throw UnsupportedUse(reason: "goes through '\(operation)' before it meets the data")
        }
    }
    /// A factor of the weight as a factor of the output gradients.
    private func scale(_ factor: Node, _ graph: TensorGraph) throws -> Node {
        let shape = graph.shape(output)
        if !sides.contains(.input) {
            return try graph.broadcast(factor, to: shape, axes: Array(Self.lead..<shape.rank))
        }
        guard let broadcast = graph.primitive(factor) as? Broadcast, broadcast.axes.isEmpty else {
            throw UnsupportedUse(reason: "is scaled element by element before it meets the data")
        }
        return try graph.broadcast(graph.operands(factor)[0], to: shape, axes: [])
    }

    // MARK: Reshapes

    /// Undoes a reshape: the shortest runs of axes with equal counts on both sides correspond, and each must be of one side.
    private mutating func unfold(_ result: [Int], _ operand: Shape, _ graph: TensorGraph) throws {
        let before = operand.dimensions.map(\.inner)
        var (from, to) = (0, 0)
        var unfolded = [Side?](repeating: nil, count: before.count)
        while from < before.count || to < result.count {
            var (fromEnd, toEnd) = (min(from + 1, before.count), min(to + 1, result.count))
            func product(_ sizes: [Int], _ range: Range<Int>) -> Int { sizes[range].reduce(1, *) }
            while product(before, from..<fromEnd) != product(result, to..<toEnd) {
                if product(before, from..<fromEnd) < product(result, to..<toEnd) { fromEnd += 1 } else { toEnd += 1 }
            }
            // Axes of one position belong to any side.
            let run = Set((to..<toEnd).filter { result[$0] != 1 }.map { sides[$0] })
            guard run.count <= 1 else {
                throw UnsupportedUse(reason: "is reshaped across its input and output axes")
            }
            for axis in from..<fromEnd { unfolded[axis] = run.first }
            (from, to) = (fromEnd, toEnd)
        }
        sides = unfolded.map { $0 ?? .output }
        for side in [Side.output, .input] {
            let sizes = axes(side).map { operand[$0] }
            try change(side) { try graph.reshape($0, Shape(Array(graph.shape($0).dimensions[..<Self.lead]) + sizes)) }
        }
    }
}
