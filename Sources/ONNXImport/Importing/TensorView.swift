import TensorIR

/// How a tensor's elements lie in another one: those of a box of positions, with its axes permuted and then reshaped, or reshaped and
/// then permuted.
struct TensorView: Hashable {
    /// The sizes of the tensor that is seen.
    let original: [Int]
    /// Where the box begins and how many positions it has, for each axis.
    let starts: [Int]
    let counts: [Int]
    /// What is done to the box.
    let order: Order
    /// What it looks like.
    let sizes: [Int]

    enum Order: Hashable {
        /// The box's axes in this order, reshaped to the sizes.
        case permuted([Int])
        /// Reshaped to the sizes in this order of the result's axes, which are then put in place.
        case reshaped([Int])
    }

    var isIdentity: Bool { original == sizes && counts == original && order == .permuted(Array(sizes.indices)) }

    /// The node that the view makes of the whole tensor's.
    func apply(to node: Node, in graph: TensorGraph) throws -> Node {
        var node = node
        for axis in original.indices where counts[axis] != original[axis] {
            node = try graph.slice(node, axis: axis, start: starts[axis], count: counts[axis])
        }
        switch order {
        case .permuted(let axes): return try graph.reshape(graph.permute(node, axes), Shape(sizes))
        case .reshaped(let axes):
            let places = sizes.indices.map { axes.firstIndex(of: $0)! }
            return try graph.permute(graph.reshape(node, Shape(axes.map { sizes[$0] })), places)
        }
    }

    // MARK: Positions

    private func positions(_ extents: [Int], _ strides: [Int], from base: Int) -> StridedPositions {
        StridedPositions(extents: extents, strides: strides, from: base)
    }
    /// The positions in the tensor, and those in the view, of the same elements, in one order of them.
    private var pairs: Zip2Sequence<StridedPositions, StridedPositions> {
        let strides = rowMajorStrides(original)
        let base = zip(starts, strides).reduce(0) { $0 + $1.0 * $1.1 }
        switch order {
        case .permuted(let axes):
            return zip(
                positions(axes.map { counts[$0] }, axes.map { strides[$0] }, from: base),
                positions([sizes.reduce(1, *)], [1], from: 0))
        case .reshaped(let axes):
            let own = rowMajorStrides(sizes)
            return zip(
                positions(counts, strides, from: base),
                positions(axes.map { sizes[$0] }, axes.map { own[$0] }, from: 0))
        }
    }

    private func isSeen<Element: Equatable>(
        _ copy: UnsafeBufferPointer<Element>, in original: UnsafeBufferPointer<Element>
    ) -> Bool {
        for (position, place) in pairs where original[position] != copy[place] { return false }
        return true
    }

    /// The same for two views by which every element is seen at the same place.
    private var layout: [Int] {
        guard case .permuted(let axes) = order else {
            if case .reshaped(let axes) = order { return [-1] + starts + counts + axes }
            return []
        }
        let strides = rowMajorStrides(original)
        var merged: [(extent: Int, stride: Int)] = []
        for axis in axes where counts[axis] > 1 {
            if let last = merged.last, last.stride == strides[axis] * counts[axis] {
                merged[merged.count - 1] = (last.extent * counts[axis], strides[axis])
            } else {
                merged.append((counts[axis], strides[axis]))
            }
        }
        return [zip(starts, strides).reduce(0) { $0 + $1.0 * $1.1 }] + merged.flatMap { [$0.extent, $0.stride] }
    }

    // MARK: Search

    /// The views of `original` that are `copy`, one for each way in which its elements lie there.
    ///
    /// - Parameters:
    ///   - anchor: The position of one of the copy's elements.
    ///   - positions: Where its value occurs in the original.
    static func views(
        of original: FileWeights.Weight, as copy: FileWeights.Weight, anchor: Int, at positions: [Int]
    ) -> [TensorView] {
        let boxes = boxes(in: original.sizes, as: copy.sizes)
        // Reshapes before a permutation are looked for where none after it is one.
        for isReshapedFirst in [false, true] {
            var found: [TensorView] = []
            var layouts: Set<[Int]> = []
            for counts in boxes {
                let orders =
                    isReshapedFirst
                    ? permutations(of: copy.sizes).map(Order.reshaped)
                    : permutations(of: counts).map(Order.permuted)
                for order in orders {
                    let place = place(of: anchor, counts, order, copy.sizes)
                    for position in positions {
                        let starts = zip(unraveled(position, original.sizes), place).map { $0 - $1 }
                        let fits = original.sizes.indices.allSatisfy {
                            starts[$0] >= 0 && starts[$0] + counts[$0] <= original.sizes[$0]
                        }
                        guard fits else { continue }
                        let view = TensorView(
                            original: original.sizes, starts: starts, counts: counts, order: order, sizes: copy.sizes)
                        if !layouts.contains(view.layout), view.isSeen(copy, in: original) {
                            layouts.insert(view.layout)
                            found.append(view)
                        }
                    }
                }
            }
            if !found.isEmpty { return found }
        }
        return []
    }

    private func isSeen(_ copy: FileWeights.Weight, in original: FileWeights.Weight) -> Bool {
        copy.values.withElements { own in
            original.values.withElements { other in
                switch (own, other) {
                case (.float32(let a), .float32(let b)): isSeen(a, in: b)
                case (.float64(let a), .float64(let b)): isSeen(a, in: b)
                default: false
                }
            }
        }
    }

    /// The boxes of `original` that have as many elements as the copy: a slice along one axis, or along several where the copy has the
    /// box's sizes.
    private static func boxes(in original: [Int], as copy: [Int]) -> [[Int]] {
        let (all, count) = (original.reduce(1, *), copy.reduce(1, *))
        guard all > 0, count > 0, count <= all else { return [] }
        if all == count { return [original] }
        var boxes: [[Int]] = []
        for axis in original.indices where count.multipliedReportingOverflow(by: original[axis]).overflow == false {
            let (positions, rest) = (count * original[axis]).quotientAndRemainder(dividingBy: all)
            guard rest == 0, positions > 0 else { continue }
            var box = original
            box[axis] = positions
            boxes.append(box)
        }
        let wide = copy.filter { $0 != 1 }
        func assign(_ index: Int, _ box: [Int], _ used: Set<Int>) {
            guard index < wide.count else {
                if !boxes.contains(box) { boxes.append(box) }
                return
            }
            for axis in original.indices where !used.contains(axis) && wide[index] <= original[axis] {
                var next = box
                next[axis] = wide[index]
                assign(index + 1, next, used.union([axis]))
            }
        }
        if wide.count <= original.count, original.count <= 5 {
            assign(0, original.map { _ in 1 }, [])
        }
        return boxes
    }

    /// All orders of axes, those of size 1 last.
    private static func permutations(of sizes: [Int]) -> [[Int]] {
        let (wide, narrow) = (sizes.indices.filter { sizes[$0] != 1 }, sizes.indices.filter { sizes[$0] == 1 })
        if narrow.isEmpty == false, wide.count <= 1 { return [Array(sizes.indices)] }
        guard wide.count <= 5 else { return [Array(sizes.indices)] }
        var result: [[Int]] = []
        func extend(_ prefix: [Int]) {
            guard prefix.count < wide.count else { return result.append(prefix + narrow) }
            for axis in wide where !prefix.contains(axis) { extend(prefix + [axis]) }
        }
        extend([])
        // As it is comes first, and is told from a permutation.
        result[0] = Array(sizes.indices)
        return result
    }

    /// Where an element of the view lies in the box.
    private static func place(of element: Int, _ counts: [Int], _ order: Order, _ sizes: [Int]) -> [Int] {
        switch order {
        case .permuted(let axes):
            let index = unraveled(element, axes.map { counts[$0] })
            return counts.indices.map { index[axes.firstIndex(of: $0)!] }
        case .reshaped(let axes):
            let index = unraveled(element, sizes)
            let position = zip(axes.map { index[$0] }, rowMajorStrides(axes.map { sizes[$0] })).reduce(0) {
                $0 + $1.0 * $1.1
            }
            return unraveled(position, counts)
        }
    }
}

extension TensorView {
    /// What it is of a tensor, as one would write it: "head transposed", "w[1, :, 0:2] reshaped to (4, 2)".
    func text(of name: String) -> String {
        var text = name
        if counts != original {
            let last = original.indices.last { counts[$0] != original[$0] }!
            let parts = (0...last).map { axis in
                if counts[axis] == original[axis] { return ":" }
                return counts[axis] == 1 ? "\(starts[axis])" : "\(starts[axis]):\(starts[axis] + counts[axis])"
            }
            text += "[\(parts.joined(separator: ", "))]"
        }
        // An axis of one position is dropped by the index that takes it.
        let isIndexed = original.indices.map { counts[$0] == 1 && original[$0] != 1 }
        func shape(_ sizes: [Int]) -> String { "(\(sizes.map(String.init).joined(separator: ", ")))" }
        switch order {
        case .permuted(let axes):
            let left = axes.filter { !isIndexed[$0] }
            var now = left.map { counts[$0] }
            let wide = left.filter { counts[$0] != 1 }
            if wide != wide.sorted() {
                let ranks = left.map { axis in left.count { $0 < axis } }
                text += left.count == 2 ? " transposed" : " with its axes in the order \(shape(ranks))"
            } else {
                now = left.sorted().map { counts[$0] }
            }
            if now != sizes { text += " reshaped to \(shape(sizes))" }
        case .reshaped(let axes):
            text += " reshaped to \(shape(axes.map { sizes[$0] }))"
            let places = sizes.indices.map { axes.firstIndex(of: $0)! }
            text += places.count == 2 ? " and transposed" : " with its axes in the order \(shape(places))"
        }
        return text
    }
}

private func rowMajorStrides(_ sizes: [Int]) -> [Int] {
    var strides = [Int](repeating: 1, count: sizes.count)
    for axis in sizes.indices.dropLast().reversed() { strides[axis] = strides[axis + 1] * sizes[axis + 1] }
    return strides
}
private func unraveled(_ position: Int, _ sizes: [Int]) -> [Int] {
    zip(rowMajorStrides(sizes), sizes).map { position / $0 % $1 }
}

/// Positions in memory, the last axis fastest.
private struct StridedPositions: Sequence, IteratorProtocol {
    private let extents: [Int]
    private let strides: [Int]
    private var index: [Int]
    private var offset: Int
    private var left: Int

    init(extents: [Int], strides: [Int], from offset: Int) {
        (self.extents, self.strides, self.offset) = (extents, strides, offset)
        index = extents.map { _ in 0 }
        left = extents.reduce(1, *)
    }

    mutating func next() -> Int? {
        guard left > 0 else { return nil }
        left -= 1
        let current = offset
        var axis = extents.count - 1
        while axis >= 0 {
            index[axis] += 1
            offset += strides[axis]
            if index[axis] < extents[axis] { break }
            offset -= strides[axis] * extents[axis]
            index[axis] = 0
            axis -= 1
        }
        return current
    }
}
