/// How the elements are cut into tiles: boxes of `extents[axis]` indices along each axis, fewer at an axis's end.
struct ElementwiseTiling {
    let sizes: [Int]
    let extents: [Int]
    /// Whether tiles are cut along several axes, as transposed operands want it.
    let isBlocked: Bool

    var tileElements: Int { extents.reduce(1, *) }
    var tileCount: Int { zip(sizes, extents).reduce(1) { $0 * (($1.0 + $1.1 - 1) / $1.1) } }

    /// - Parameter target: elements of a tile, about.
    init(_ axes: StridedAxes, target: Int) {
        sizes = axes.sizes
        if let other = ElementwiseTiling.transposedAxis(axes) {
            extents = ElementwiseTiling.blocked(axes.sizes, other: other, target: target)
            isBlocked = true
        } else {
            extents = ElementwiseTiling.rows(axes.sizes, target: target)
            isBlocked = false
        }
    }

    /// The innermost axes whole, as many as fit, then a part of the next one.
    private static func rows(_ sizes: [Int], target: Int) -> [Int] {
        var extents = [Int](repeating: 1, count: sizes.count)
        var inner = 1
        for axis in sizes.indices.reversed() {
            if inner * sizes[axis] <= target {
                extents[axis] = sizes[axis]
                inner *= sizes[axis]
                continue
            }
            // Vector loops leave no remainder where a tile is a multiple of 32 elements.
            let unit = 32 / greatestCommonDivisor(32, inner)
            let most = max(target / inner, 1)
            extents[axis] = most > unit ? most / unit * unit : most
            break
        }
        return extents
    }

    /// An axis other than the innermost along which some operand is contiguous, while it jumps along the innermost.
    private static func transposedAxis(_ axes: StridedAxes) -> Int? {
        guard let inner = axes.sizes.indices.last, axes.sizes[inner] >= 8 else { return nil }
        for strides in axes.strides where abs(strides[inner]) > 1 {
            if let other = strides.firstIndex(where: { abs($0) == 1 }), axes.sizes[other] >= 8 { return other }
        }
        return nil
    }

    /// A square of about `target` elements in the two axes; so each cache line that a tile touches is used whole.
    private static func blocked(_ sizes: [Int], other: Int, target: Int) -> [Int] {
        var extents = [Int](repeating: 1, count: sizes.count)
        let inner = sizes.count - 1
        extents[other] = min(sizes[other], 16)
        extents[inner] = min(sizes[inner], max(target / extents[other], 1))
        extents[other] = min(sizes[other], max(target / extents[inner], 1))
        return extents
    }

    /// Whether an operand's part of every tile lies without gaps, in the tile's order.
    func isContiguous(_ strides: [Int]) -> Bool {
        var expected = 1
        var cut = false
        for axis in sizes.indices.reversed() where extents[axis] > 1 {
            // Beyond an axis that is cut, the distance from row to row is not the tile's.
            if cut || strides[axis] != expected { return false }
            expected *= extents[axis]
            cut = extents[axis] < sizes[axis]
        }
        return true
    }

    /// Whether an operand's values are the same in every tile.
    func isInvariant(_ strides: [Int]) -> Bool {
        if strides.allSatisfy({ $0 == 0 }) { return true }
        // A tile at an axis's end has to be the beginning of a full one: only so if the outermost axis is cut.
        return !isBlocked && sizes.indices.allSatisfy { strides[$0] == 0 || extents[$0] == sizes[$0] }
    }
}

func greatestCommonDivisor(_ a: Int, _ b: Int) -> Int { b == 0 ? a : greatestCommonDivisor(b, a % b) }
