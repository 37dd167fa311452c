import Kernels

/// Where the blocks that an algorithm keeps lie in one allocation. The same layout predicts the bytes and places the blocks.
struct WorkspaceLayout {
    struct Block {
        let offset: Int
        let storage: Storage
        let sizes: [Int]
    }

    private(set) var byteCount = 0

    mutating func block(_ storage: Storage, _ sizes: Int...) -> Block {
        let block = Block(offset: byteCount, storage: storage, sizes: sizes)
        // Multiples of a cache line: no two blocks share one.
        byteCount += (sizes.reduce(storage.byteCount, *) + 63) / 64 * 64
        return block
    }
}

/// The memory of a layout.
final class Workspace {
    private let memory: Memory

    var byteCount: Int { memory.byteCount }

    init(_ layout: WorkspaceLayout) { memory = Memory(byteCount: layout.byteCount) }

    /// The operand is valid as long as this object.
    subscript(block: WorkspaceLayout.Block) -> Operand {
        Operand(address: memory.address + block.offset, storage: block.storage, sizes: block.sizes)
    }
}
