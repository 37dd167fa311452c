/// The axes over which several operands of equal sizes are walked together.
///
/// Axes that tell the operands nothing are removed: those of size 1, and those that are one with a neighbour in all
/// operands. The order may change too, where the result does not depend on it.
package struct StridedAxes {
    package private(set) var sizes: [Int]
    /// In elements: for each operand, one for each axis.
    package private(set) var strides: [[Int]]

    package init(sizes: [Int], strides: [[Int]]) {
        self.sizes = sizes
        self.strides = strides
        let kept = sizes.indices.filter { sizes[$0] != 1 }
        if kept.count < sizes.count { select(kept) }
    }

    package init(_ operands: [Operand]) {
        self.init(sizes: operands[0].sizes, strides: operands.map(\.strides))
    }

    package var count: Int { sizes.reduce(1, *) }
    package var rank: Int { sizes.count }

    /// Puts the axes in the order in which `operand` lies in memory, the smallest stride last.
    package mutating func order(by operand: Int) {
        let keys = strides[operand].map(abs)
        // Stable, so that equal strides keep their order.
        select(sizes.indices.sorted { (keys[$1], $0) < (keys[$0], $1) })
    }

    /// Makes one axis of neighbours that all operands walk as one.
    package mutating func merge() {
        var axis = sizes.count - 2
        while axis >= 0 {
            if strides.allSatisfy({ $0[axis] == $0[axis + 1] * sizes[axis + 1] }) {
                sizes[axis + 1] *= sizes[axis]
                sizes.remove(at: axis)
                for operand in strides.indices { strides[operand].remove(at: axis) }
            }
            axis -= 1
        }
    }

    /// Takes the last axis out, if there is one.
    package mutating func removeInnermost() -> (size: Int, strides: [Int])? {
        guard let size = sizes.popLast() else { return nil }
        return (size, strides.indices.map { strides[$0].removeLast() })
    }

    private mutating func select(_ axes: [Int]) {
        sizes = axes.map { sizes[$0] }
        strides = strides.map { old in axes.map { old[$0] } }
    }
}

extension Operand {
    /// The first byte and the one after the last that the operand's elements occupy; empty if there are none.
    var byteRange: Range<Int> {
        let start = Int(bitPattern: address)
        if count == 0 { return start..<start }
        var low = 0
        var high = 0
        for (size, stride) in zip(sizes, strides) {
            let reach = (size - 1) * stride
            if reach < 0 { low += reach } else { high += reach }
        }
        let bytes = storage.byteCount
        return (start + low * bytes)..<(start + (high + 1) * bytes)
    }
}
