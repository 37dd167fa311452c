import TensorIR

/// How convolutions and poolings move over the spatial axes.
struct SlidingWindow {
    /// Extents of the input, of the taps.
    var extents: [Int]
    var taps: [Int]
    var strides: [Int]
    var dilations: [Int]
    var padLow: [Int]
    var padHigh: [Int]

    /// The most taps of a window, and the most positions of padding on a side.
    static let tapLimit = 0x1p24

    func reach(_ axis: Int) -> Int { dilations[axis] * (taps[axis] - 1) + 1 }

    /// Whether every position is a window of its own along this axis.
    func isTrivial(_ axis: Int) -> Bool {
        taps[axis] == 1 && strides[axis] == 1 && padLow[axis] == 0 && padHigh[axis] == 0
    }
    /// The window along some axes.
    func keeping(_ axes: [Int]) -> SlidingWindow {
        func kept(_ list: [Int]) -> [Int] { axes.map { list[$0] } }
        return SlidingWindow(
            extents: kept(extents), taps: kept(taps), strides: kept(strides), dilations: kept(dilations),
            padLow: kept(padLow), padHigh: kept(padHigh))
    }

    /// How many positions the window takes. With `ceiling` the last may stick out at the end, but must not start in
    /// the padding.
    func outputSize(_ axis: Int, ceiling: Bool = false) throws -> Int {
        let room = extents[axis] + padLow[axis] + padHigh[axis] - reach(axis)
        guard room >= 0 else {
            throw GraphError(
                .invalid, "a window of \(reach(axis)) does not fit into \(extents[axis]) positions and their padding")
        }
        guard ceiling else { return room / strides[axis] + 1 }
        let size = (room + strides[axis] - 1) / strides[axis] + 1
        return (size - 1) * strides[axis] >= extents[axis] + padLow[axis] ? size - 1 : size
    }
}

extension OperatorCall {
    /// The extents of the axes after examples and channels; one to three.
    func spatialExtents(_ shape: Shape) throws -> [Int] {
        guard shape.rank >= 3 else { throw invalid("expected examples, channels and space, found the shape \(shape)") }
        guard shape.rank <= 5 else {
            throw unsupported("\(shape.rank - 2) spatial axes are not supported; expected one to three")
        }
        return try (2..<shape.rank).map { try size(shape, $0) }
    }

    /// Strides, dilations and padding from the attributes.
    func slidingWindow(extents: [Int], taps: [Int]) throws -> SlidingWindow {
        let rank = extents.count
        func list(_ name: String, count: Int, default value: Int, atLeast least: Int) throws -> [Int] {
            let list = try ints(name) ?? [Int](repeating: value, count: count)
            guard list.count == count, list.allSatisfy({ $0 >= least && $0 < 1 << 31 }) else {
                throw invalid("its attribute '\(name)' is \(list); expected \(count) numbers, each at least \(least)")
            }
            return list
        }
        guard taps.count == rank, taps.allSatisfy({ $0 > 0 && $0 < 1 << 31 }) else {
            throw invalid("its window has the shape \(taps); expected \(rank) positive sizes")
        }
        // What is done in a window is done for each of its taps: small files could ask for work without end.
        guard taps.reduce(1.0, { $0 * Double($1) }) <= SlidingWindow.tapLimit else {
            throw unsupported("a window of the shape \(taps) is not supported; at most 2^24 taps are")
        }
        let pads = try list("pads", count: 2 * rank, default: 0, atLeast: 0)
        var window = SlidingWindow(
            extents: extents, taps: taps, strides: try list("strides", count: rank, default: 1, atLeast: 1),
            dilations: try list("dilations", count: rank, default: 1, atLeast: 1),
            padLow: Array(pads[..<rank]), padHigh: Array(pads[rank...]))
        let mode = try string("auto_pad", default: "NOTSET")
        switch mode {
        case "NOTSET", "": break
        case "VALID":
            (window.padLow, window.padHigh) = ([Int](repeating: 0, count: rank), [Int](repeating: 0, count: rank))
        case "SAME_UPPER", "SAME_LOWER":
            for axis in 0..<rank {
                let outputs = (extents[axis] + window.strides[axis] - 1) / window.strides[axis]
                let total = max(0, (outputs - 1) * window.strides[axis] + window.reach(axis) - extents[axis])
                window.padLow[axis] = mode == "SAME_UPPER" ? total / 2 : total - total / 2
                window.padHigh[axis] = total - window.padLow[axis]
            }
        default:
            throw invalid("its attribute 'auto_pad' is '\(mode)'; expected NOTSET, VALID, SAME_UPPER or SAME_LOWER")
        }
        guard (window.padLow + window.padHigh).allSatisfy({ Double($0) <= SlidingWindow.tapLimit }) else {
            throw unsupported(
                "a padding of \(window.padLow) and \(window.padHigh) is not supported; at most 2^24 on a side is")
        }
        return window
    }
}
