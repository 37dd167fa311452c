extension TensorGraph {
    /// The product of `a` and `b` summed over the labels that `result` lacks. Permuted operands are relabelled, and an axis
    /// along which an operand only repeats is dropped where the other operand has it.
    package func contract(_ a: Node, _ aLabels: [Int], _ b: Node, _ bLabels: [Int], to result: [Int]) throws -> Node {
        let (a, aLabels) = try absorbViews(a, aLabels, other: bLabels, result: result)
        let (b, bLabels) = try absorbViews(b, bLabels, other: aLabels, result: result)
        return try append(Contract(aLabels, bLabels, to: result), a, b)
    }
    private func absorbViews(_ x: Node, _ labels: [Int], other: [Int], result: [Int]) throws -> (Node, [Int]) {
        switch nodeClass(x) {
        case .permute:
            let permute = primitive(x) as! Permute
            var inner = labels
            for (axis, from) in permute.axes.enumerated() { inner[from] = labels[axis] }
            return try absorbViews(operands(x)[0], inner, other: other, result: result)
        case .broadcast:
            let broadcast = primitive(x) as! Broadcast
            let dropped = broadcast.repeatedAxes.filter { other.contains(labels[$0]) && result.contains(labels[$0]) }
            guard !dropped.isEmpty else { return (x, labels) }
            let kept = labels.indices.filter { !dropped.contains($0) }
            let inner = try self.broadcast(
                operands(x)[0], to: broadcast.shape.removing(axes: dropped),
                axes: broadcast.axes.map { axis in kept.firstIndex(of: axis)! })
            return try absorbViews(inner, kept.map { labels[$0] }, other: other, result: result)
        default: return (x, labels)
        }
    }

    /// An einsum of any operands: products from the left, labels of one operand alone summed first.
    package func einsum(_ nodes: [Node], _ labels: [[Int]], to result: [Int]) throws -> Node {
        var (value, valueLabels) = (nodes[0], labels[0])
        func sumAway(_ x: Node, _ labels: [Int], keeping: Set<Int>) throws -> (Node, [Int]) {
            let axes = labels.indices.filter { !keeping.contains(labels[$0]) }
            return (try sum(x, axes: axes), labels.filter { keeping.contains($0) })
        }
        for index in nodes.indices.dropFirst() {
            let later = Set(result).union(labels[(index + 1)...].joined())
            (value, valueLabels) = try sumAway(value, valueLabels, keeping: later.union(labels[index]))
            let (next, nextLabels) = try sumAway(nodes[index], labels[index], keeping: later.union(valueLabels))
            let joint = (valueLabels + nextLabels.filter { !valueLabels.contains($0) }).filter(later.contains)
            value = try contract(value, valueLabels, next, nextLabels, to: joint)
            valueLabels = joint
        }
        (value, valueLabels) = try sumAway(value, valueLabels, keeping: Set(result))
        return try permute(value, result.map { label in valueLabels.firstIndex(of: label)! })
    }

    /// An einsum of operands that may have size 1 where others with the same label have more: there they repeat.
    package func einsum(_ nodes: [Node], _ labels: [[Int]], broadcastTo result: [Int]) throws -> Node {
        var (operands, kept): ([Node], [[Int]]) = ([], [])
        for (node, labels) in zip(nodes, labels) {
            let (operand, distinct) = try diagonals(node, labels)
            operands.append(operand)
            kept.append(distinct)
        }
        for label in Set(labels.joined()).sorted() {
            let owners = labels.indices.filter { labels[$0].contains(label) }
            let sizes = owners.map { shape(operands[$0])[kept[$0].firstIndex(of: label)!] }
            let wide = sizes.filter { $0 != 1 }
            guard Set(wide).count <= 1 else {
                throw GraphError(.invalid, "operands have the sizes \(sizes) where they share a letter")
            }
            guard !wide.isEmpty, wide.count < sizes.count else { continue }
            for (owner, size) in zip(owners, sizes) where size == 1 {
                let at = kept[owner].firstIndex(of: label)!
                operands[owner] = try reshape(operands[owner], shape(operands[owner]).removing(axes: [at]))
                kept[owner].remove(at: at)
            }
        }
        return try einsum(operands, kept, to: result)
    }

    /// `x` with one axis for each label: of axes that share one, the diagonal.
    private func diagonals(_ x: Node, _ labels: [Int]) throws -> (Node, [Int]) {
        guard let second = labels.indices.first(where: { labels[..<$0].contains(labels[$0]) }) else {
            return (x, labels)
        }
        let first = labels.firstIndex(of: labels[second])!
        let shape = shape(x)
        guard let size = shape[first].number, shape[second].number == size else {
            throw GraphError(
                shape[first].isSymbolic || shape[second].isSymbolic ? .examplesMeet : .invalid,
                "axes \(first) and \(second) of \(shape) have no diagonal: their sizes differ or hold examples")
        }
        let others = labels.indices.filter { $0 != first && $0 != second }
        let flat = try reshape(
            permute(x, others + [first, second]), Shape(others.map { shape[$0] } + [Dimension(size * size)]))
        // Row by row, the diagonal is every (size + 1)-th element.
        let diagonal = try slice(flat, axis: others.count, start: 0, step: size + 1, count: size)
        return try diagonals(diagonal, others.map { labels[$0] } + [labels[first]])
    }

    /// NumPy's matmul: the last two axes multiply, those before broadcast, a vector gets an axis that disappears again.
    package func matmul(_ a: Node, _ b: Node) throws -> Node {
        let (aRank, bRank) = (shape(a).rank, shape(b).rank)
        guard aRank > 0, bRank > 0 else { throw GraphError(.invalid, "matmul: a scalar is not a matrix") }
        let (row, inner, column, firstBatch) = (0, 1, 2, 3)
        let batchRank = max(aRank, bRank, 2) - 2
        func labelled(_ x: Node, _ own: [Int]) throws -> (Node, [Int]) {
            let shape = shape(x)
            let batch = max(0, shape.rank - 2)
            var kept: [Int] = []
            var labels: [Int] = []
            for axis in 0..<batch {
                // Batch axes of size 1 repeat; a contraction needs no such axis.
                if shape[axis] == 1 { continue }
                kept.append(axis)
                labels.append(firstBatch + batchRank - batch + axis)
            }
            let ends = Array(batch..<shape.rank)
            return (try reshape(x, Shape((kept + ends).map { shape[$0] })), labels + own)
        }
        let (left, leftLabels) = try labelled(a, aRank == 1 ? [inner] : [row, inner])
        let (right, rightLabels) = try labelled(b, bRank == 1 ? [inner] : [inner, column])
        let batch = (0..<batchRank).map { firstBatch + $0 }
        let present = batch.filter { leftLabels.contains($0) || rightLabels.contains($0) }
        let ends = (aRank == 1 ? [] : [row]) + (bRank == 1 ? [] : [column])
        let product = try contract(left, leftLabels, right, rightLabels, to: present + ends)
        // Axes of size 1 in both come back.
        var dimensions: [Dimension] = []
        let productShape = shape(product)
        for label in batch {
            dimensions.append(present.firstIndex(of: label).map { productShape[$0] } ?? 1)
        }
        dimensions += productShape.dimensions.suffix(ends.count)
        return try reshape(product, Shape(dimensions))
    }
}
