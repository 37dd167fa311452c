import TensorIR

/// A value seen as (examples, positions, features...): the form in which a layer's inputs and output gradients meet.
extension TensorGraph {
    /// - Parameters:
    ///   - example: The example axis of `x`. What was folded around the examples become positions.
    ///   - positions: Axes that are positions, in the order in which they count.
    ///   - features: The remaining axes, in the order in which they shall stand.
    ///   - mergesFeatures: Whether features become one axis.
    func positionForm(
        _ x: Node, example: Int, positions: [Int], features: [Int], mergesFeatures: Bool = false
    ) throws -> Node {
        enum Part: Hashable {
            case outer, examples, inner
            case axis(Int)
        }
        let dimension = shape(x)[example]
        // The axes apart, in memory's order.
        var parts: [Part] = []
        var sizes: [Part: Dimension] = [:]
        for axis in 0..<shape(x).rank {
            guard axis == example else {
                parts.append(.axis(axis))
                sizes[.axis(axis)] = shape(x)[axis]
                continue
            }
            if dimension.outer != 1 { parts.append(.outer) }
            parts.append(.examples)
            if dimension.inner != 1 { parts.append(.inner) }
            (sizes[.outer], sizes[.examples]) = (Dimension(dimension.outer), .examples)
            sizes[.inner] = Dimension(dimension.inner)
        }
        let order = [Part.outer, .inner].filter(parts.contains) + positions.map(Part.axis)
        let featureOrder = features.map(Part.axis)
        // Neighbours in memory that are neighbours in the result too are one axis: then a permutation is all that is needed.
        var runs: [[Part]] = []
        func follows(_ part: Part, _ previous: Part) -> Bool {
            for list in mergesFeatures ? [order, featureOrder] : [order] {
                if let index = list.firstIndex(of: previous), index + 1 < list.count, list[index + 1] == part {
                    return true
                }
            }
            return false
        }
        for part in parts {
            if let previous = runs.last?.last, follows(part, previous) {
                runs[runs.count - 1].append(part)
            } else {
                runs.append([part])
            }
        }
        let merged = try reshape(
            x,
            Shape(
                runs.map { run in
                    run.count == 1 ? sizes[run[0]]! : Dimension(run.reduce(1) { $0 * sizes[$1]!.inner })
                }))
        let targets = [Part.examples] + order + featureOrder
        let places = runs.indices.sorted { targets.firstIndex(of: runs[$0][0])! < targets.firstIndex(of: runs[$1][0])! }
        let permuted = try permute(merged, places)
        let count = order.reduce(1) { $0 * sizes[$1]!.inner }
        let featureSizes =
            mergesFeatures
            ? [Dimension(featureOrder.reduce(1) { $0 * sizes[$1]!.inner })] : featureOrder.map { sizes[$0]! }
        return try reshape(permuted, Shape([.examples, Dimension(count)] + featureSizes))
    }
}
