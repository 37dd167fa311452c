import CKernels

/// The common shape of a gather and of its transpose: a table with lead ++ batch ++ [V] ++ rest elements, indices of
/// sizes batch ++ I, and picked rows of sizes lead ++ batch ++ I ++ rest.
struct IndexingShape {
    let outer: Int
    let batch: Int
    let rows: Int
    let picks: Int
    /// Elements of a row.
    let row: Int

    /// A plane is a table of `rows` rows.
    var planes: Int { outer * batch }

    init(table: Operand, indices: Operand, picked: Operand, lead: Int, batch: Int) {
        precondition(indices.storage == .int64, "indices are int64")
        precondition(table.storage == picked.storage, "rows of \(table.storage) and of \(picked.storage)")
        precondition(
            table.isContiguous && indices.isContiguous && picked.isContiguous, "a gather of a view with gaps")
        let axis = lead + batch
        precondition(lead >= 0 && batch >= 0 && axis < table.rank, "no axis \(axis) in sizes \(table.sizes)")
        precondition(
            batch <= indices.rank && indices.sizes[..<batch] == table.sizes[lead..<axis],
            "indices of sizes \(indices.sizes) for a table of sizes \(table.sizes)")
        let expected = table.sizes[..<axis] + indices.sizes[batch...] + table.sizes[(axis + 1)...]
        precondition(picked.sizes == Array(expected), "picked rows of sizes \(picked.sizes), not \(expected)")
        outer = table.sizes[..<lead].reduce(1, *)
        self.batch = table.sizes[lead..<axis].reduce(1, *)
        rows = table.sizes[axis]
        picks = indices.sizes[batch...].reduce(1, *)
        row = table.sizes[(axis + 1)...].reduce(1, *)
    }

    var c: ck_indexing {
        ck_indexing(outer: Int64(outer), batch: Int64(batch), rows: Int64(rows), picks: Int64(picks), row: Int64(row))
    }

    /// The first index that some task found out of range: the first in memory, whatever the order of the tasks.
    func firstInvalid(_ found: UnsafePointer<Int64>, count: Int, in indices: Operand) -> Int64? {
        var first: Int64?
        for task in 0..<count where found[task] >= 0 { first = min(first ?? found[task], found[task]) }
        return first.map { indices.address.assumingMemoryBound(to: Int64.self)[Int($0)] }
    }
}
