/// Finds the node that has a given primitive and operands: a hash table (open addressing, linear probing) of indices into the
/// graph's own table, in which candidates are compared in place, so that no key is kept twice.
struct InterningTable {
    /// Indices of nodes; -1 where nothing is.
    private var slots = [Int32](repeating: -1, count: 64)
    /// Of each node.
    private var hashes: [Int] = []

    static func hash(_ primitive: any Primitive, _ operands: [Node]) -> Int {
        var hasher = Hasher()
        hasher.combine(ObjectIdentifier(type(of: primitive)))
        primitive.hash(into: &hasher)
        for operand in operands { hasher.combine(operand.index) }
        return hasher.finalize()
    }

    /// The node with that hash for which `isSame` holds.
    func find(_ hash: Int, isSame: (Int32) -> Bool) -> Int32? {
        var slot = hash & (slots.count - 1)
        while slots[slot] >= 0 {
            let index = slots[slot]
            if hashes[Int(index)] == hash, isSame(index) { return index }
            slot = (slot + 1) & (slots.count - 1)
        }
        return nil
    }

    /// Adds the next node of the graph.
    mutating func append(_ hash: Int) {
        hashes.append(hash)
        if 2 * hashes.count > slots.count {
            slots = [Int32](repeating: -1, count: 2 * slots.count)
            for index in hashes.indices { place(Int32(index)) }
        } else {
            place(Int32(hashes.count - 1))
        }
    }

    private mutating func place(_ index: Int32) {
        var slot = hashes[Int(index)] & (slots.count - 1)
        while slots[slot] >= 0 { slot = (slot + 1) & (slots.count - 1) }
        slots[slot] = index
    }
}
