import TensorIR

/// Attention and rotary embedding as single operators (version 23 on), composed of products and a softmax.
extension OperatorCall {
    func attention() throws -> [Value] {
        let isFlat = graph.shape(try real(0)).rank == 3
        let query = try heads(0, count: int("q_num_heads"))
        let newKey = try heads(1, count: int("kv_num_heads"))
        let newValue = try heads(2, count: int("kv_num_heads"))
        let past = try optional(4).map { try size(shape($0), 2) } ?? 0
        let key = try optional(4).map { try asNode(concatenate([$0, .node(newKey)], axis: 2)) } ?? newKey
        let value = try optional(5).map { try asNode(concatenate([$0, .node(newValue)], axis: 2)) } ?? newValue
        // What repeats for each example of a fixed batch is written out for each.
        let aligned = try alignExamples([query, key, value], axes: [0, 0, 0])
        let examples = aligned.map { graph.shape($0)[0] }.first { $0 != 1 } ?? 1
        let repeated = try aligned.map { node in
            var shape = graph.shape(node)
            shape[0] = examples
            return try graph.broadcast(node, to: shape)
        }
        return try attention(repeated[0], repeated[1], repeated[2], past: past, isFlat: isFlat)
    }

    private func attention(_ query: Node, _ key: Node, _ value: Node, past: Int, isFlat: Bool) throws -> [Value] {
        let (q, k, v) = (graph.shape(query), graph.shape(key), graph.shape(value))
        guard q[3] == k[3], k[1] == v[1], k[2] == v[2], let heads = q[1].number, let groups = k[1].number, groups > 0,
            heads % groups == 0
        else { throw invalid("queries \(q), keys \(k) and values \(v) do not go together") }

        // Several query heads may share a key's: they are an axis of their own.
        let (example, group, member, row, column, inner) = (0, 1, 2, 3, 4, 5)
        // Exporters write the usual scale as an attribute, which is a Float.
        let usual = 1 / Double(try size(q, 3)).squareRoot()
        let stated = try float("scale") ?? usual
        let scale = Float(stated) == Float(usual) ? usual : stated
        let grouped = Shape([q[0], k[1], Dimension(heads / groups), q[2], q[3]])
        var scores = try graph.contract(
            graph.reshape(times(query, scale), grouped), [example, group, member, row, inner], key,
            [example, group, column, inner], to: [example, group, member, row, column])
        let groupedScores = graph.shape(scores)
        scores = try graph.reshape(scores, Shape([q[0], q[1], q[2], k[2]]))
        let cap = try float("softcap", default: 0)
        if cap > 0 { scores = try times(graph.tanh(times(scores, 1 / cap)), cap) }
        let capped = scores
        scores = try masked(scores, past: past)
        importer.softmaxInputs.append(scores)
        let weights = try graph.softmax(scores, axis: 3)
        let product = try graph.contract(
            graph.reshape(weights, groupedScores), [example, group, member, row, column], value,
            [example, group, column, inner],
            to: [example, group, member, row, inner])
        var result = try graph.reshape(product, Shape([q[0], q[1], q[2], v[3]]))
        if isFlat {
            let merged = Shape([q[0], q[2], Dimension(heads * (try size(v, 3)))])
            result = try graph.reshape(graph.permute(result, [0, 2, 1, 3]), merged)
        }
        let stages = [capped, capped, scores, weights]
        let stage = try int("qk_matmul_output_mode", default: 0)
        guard stages.indices.contains(stage) else { throw invalid("its attribute 'qk_matmul_output_mode' is \(stage)") }
        return [.node(result), .node(key), .node(value), .node(stages[stage])]
    }

    /// (examples, heads, positions, features), from that or from (examples, positions, heads * features).
    private func heads(_ index: Int, count: Int?) throws -> Node {
        let x = try real(index)
        let shape = graph.shape(x)
        if shape.rank == 4 { return x }
        guard shape.rank == 3, let count, count > 0, let features = shape[2].number, features % count == 0 else {
            throw invalid("its input \(index) has the shape \(shape), which does not split into heads")
        }
        let split = try graph.reshape(x, Shape([shape[0], shape[1], Dimension(count), Dimension(features / count)]))
        return try graph.permute(split, [0, 2, 1, 3])
    }

    func rotaryEmbedding() throws -> [Value] {
        let given = try real(0)
        let shape = graph.shape(given)
        var x = given
        // (examples, positions, heads, features)
        if shape.rank == 4 {
            x = try graph.permute(given, [0, 2, 1, 3])
        } else {
            guard shape.rank == 3, let count = try int("num_heads"), count > 0, let width = shape[2].number,
                width % count == 0
            else {
                throw invalid("its input has the shape \(shape), which does not split into heads")
            }
            x = try graph.reshape(given, Shape([shape[0], shape[1], Dimension(count), Dimension(width / count)]))
        }
        let features = try size(graph.shape(x), 3)
        let stated = try int("rotary_embedding_dim", default: 0)
        let turned = stated == 0 ? features : stated
        guard turned > 0, turned <= features, turned % 2 == 0 else {
            throw invalid("\(turned) of \(features) features cannot be turned in pairs")
        }
        func table(_ index: Int) throws -> Node {
            var table = try real(index)
            if optional(3) != nil { table = try graph.append(Gather(), table, nodeInput(3)) }
            guard graph.shape(table).rank == 3, graph.shape(table)[2] == Dimension(turned / 2) else {
                throw invalid("its table \(graph.shape(table)) does not hold \(turned / 2) angles for each position")
            }
            return try graph.expand(table, at: 2)
        }
        let (cosine, sine) = (try table(1), try table(2))
        let interleaved = try flag("interleaved", default: false)
        let (step, second) = interleaved ? (2, 1) : (1, turned / 2)
        let a = try graph.slice(x, axis: 3, start: 0, step: step, count: turned / 2)
        let b = try graph.slice(x, axis: 3, start: second, step: step, count: turned / 2)
        let first = try subtract(multiply(a, cosine), multiply(b, sine))
        let other = try add(multiply(a, sine), multiply(b, cosine))
        var pairs = graph.shape(x)
        pairs[3] = Dimension(turned)
        var result =
            try interleaved
            ? graph.reshape(
                graph.concatenate([graph.expand(first, at: 4), graph.expand(other, at: 4)], axis: 4), pairs)
            : graph.concatenate([first, other], axis: 3)
        if turned < features {
            let rest = try graph.slice(x, axis: 3, start: turned, count: features - turned)
            result = try graph.concatenate([result, rest], axis: 3)
        }
        return [.node(try shape.rank == 4 ? graph.permute(result, [0, 2, 1, 3]) : graph.reshape(result, shape))]
    }
}
