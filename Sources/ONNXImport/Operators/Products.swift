import TensorIR

/// Matrix products.
extension OperatorCall {
    func matmul() throws -> [Value] {
        let (a, b) = (try real(0), try real(1))
        let (left, right) = (graph.shape(a), graph.shape(b))
        if left.rank > 0, right.rank > 0 {
            let (columns, rows) = (left[left.rank - 1], right[max(0, right.rank - 2)])
            guard columns == rows else {
                throw invalid("\(left) and \(right) do not multiply: \(columns) columns, \(rows) rows")
            }
        }
        // Vectors have no batch axes to align.
        let operands = min(left.rank, right.rank) < 2 ? [a, b] : try alignExamples([a, b], excludingLast: 2)
        return [.node(try graph.matmul(operands[0], operands[1]))]
    }

    func gemm() throws -> [Value] {
        let (a, b) = (try real(0), try real(1))
        guard graph.shape(a).rank == 2, graph.shape(b).rank == 2 else {
            throw invalid("expected two matrices, found \(graph.shape(a)) and \(graph.shape(b))")
        }
        let left = try flag("transA", default: false) ? [1, 0] : [0, 1]
        let right = try flag("transB", default: false) ? [2, 1] : [1, 2]
        let (columns, rows) = (graph.shape(a)[left[1]], graph.shape(b)[right[0] == 1 ? 0 : 1])
        guard columns == rows else {
            throw invalid("\(graph.shape(a)) and \(graph.shape(b)) do not multiply: \(columns) columns, \(rows) rows")
        }
        var product = try graph.contract(a, left, b, right, to: [0, 2])
        product = try times(product, float("alpha", default: 1))
        guard optional(2) != nil else { return [.node(product)] }
        return [.node(try add(product, times(real(2), float("beta", default: 1))))]
    }

    func einsum() throws -> [Value] {
        let equation = try EinsumEquation(string("equation", default: ""))
        let nodes = try inputs.indices.map { try real($0) }
        let (labels, result) = try equation.labels(ranks: nodes.map { graph.shape($0).rank })
        // Where several operands have a label, those with size 1 repeat: they do without it.
        var operands = nodes
        for label in Set(labels.joined()).sorted() {
            operands = try alignExamples(operands, axes: labels.map { $0.firstIndex(of: label) ?? -1 })
        }
        return [.node(try graph.einsum(operands, labels, broadcastTo: result))]
    }
}
