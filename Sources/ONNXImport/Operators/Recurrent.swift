import TensorIR

/// Recurrent networks, unrolled over the positions of a sequence: their products with the input run for all positions at once.
extension OperatorCall {
    func simpleRecurrent() throws -> [Value] { try recurrent(.simple) }
    func gatedRecurrent() throws -> [Value] { try recurrent(.gated) }
    func longShortTermMemory() throws -> [Value] { try recurrent(.longShortTerm) }

    private func recurrent(_ kind: RecurrentCell.Kind) throws -> [Value] {
        let isBatchFirst = try flag("layout", default: false)
        var x = try real(0)
        guard graph.shape(x).rank == 3 else {
            throw invalid("expected positions, examples and features, found the shape \(graph.shape(x))")
        }
        if isBatchFirst { x = try graph.permute(x, [1, 0, 2]) }
        let direction = try string("direction", default: "forward")
        let directions: [Bool]
        switch direction {
        case "forward": directions = [false]
        case "reverse": directions = [true]
        case "bidirectional": directions = [false, true]
        default:
            throw invalid("its attribute 'direction' is '\(direction)'; expected forward, reverse or bidirectional")
        }
        let runs = try directions.enumerated().map { index, isReverse in
            let cell = try RecurrentCell(self, kind, direction: index, of: directions.count, input: x, isBatchFirst)
            return try run(cell, x, isReverse: isReverse)
        }
        // Outputs are positions, directions, examples, features; with the examples first, directions come third.
        func joined(_ nodes: [Node]) throws -> Node {
            try graph.concatenate(
                nodes.map { try graph.expand($0, at: isBatchFirst ? 1 : 0) }, axis: isBatchFirst ? 1 : 0)
        }
        let all = try runs.map { run in
            try graph.concatenate(run.outputs.map { try graph.expand($0, at: 0) }, axis: 0)
        }
        var sequence = try graph.concatenate(all.map { try graph.expand($0, at: 1) }, axis: 1)
        if isBatchFirst { sequence = try graph.permute(sequence, [2, 0, 1, 3]) }
        let hidden = try joined(runs.map { $0.last.hidden })
        let memories = runs.compactMap { $0.last.memory }
        return [.node(sequence), .node(hidden)] + (memories.isEmpty ? [] : [.node(try joined(memories))])
    }

    /// All positions of one direction, in the order of the positions, and the state after the last.
    private func run(
        _ cell: RecurrentCell, _ x: Node, isReverse: Bool
    ) throws -> (outputs: [Node], last: RecurrentCell.State) {
        let shape = graph.shape(x)
        let count = try size(shape, 0)
        guard count > 0, count <= 1 << 14 else { throw invalid("sequences of \(count) positions are not unrolled") }
        let projected = try cell.projected(x)
        let lengths = try optional(4).map { try asNode($0) }
        if let lengths, graph.shape(lengths) != Shape([shape[1]]) {
            throw invalid("its lengths have the shape \(graph.shape(lengths)); expected (\(shape[1]))")
        }
        var state = cell.start
        var outputs: [Node?] = Array(repeating: nil, count: count)
        for position in isReverse ? Array((0..<count).reversed()) : Array(0..<count) {
            let row = try graph.reshape(
                graph.slice(projected, axis: 0, start: position, count: 1), graph.shape(projected).removing(axes: [0]))
            let next = try cell.step(row, state)
            guard let lengths else {
                state = next
                outputs[position] = next.hidden
                continue
            }
            // Beyond a sequence's end the state stays, and the outputs are zeros.
            let isInside = try graph.broadcast(
                graph.less(graph.filled(Double(position), like: lengths), lengths), to: graph.shape(next.hidden),
                axes: [0])
            outputs[position] = try graph.select(isInside, next.hidden, filled(0, like: next.hidden))
            state.hidden = try graph.select(isInside, next.hidden, state.hidden)
            if let memory = next.memory, let before = state.memory {
                state.memory = try graph.select(isInside, memory, before)
            }
        }
        return (outputs.map { $0! }, state)
    }
}
