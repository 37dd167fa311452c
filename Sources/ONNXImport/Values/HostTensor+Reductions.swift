import TensorIR

/// Reductions and running sums, for shape arithmetic and masks.
extension HostTensor {
    enum Reduction { case sum, mean, maximum, minimum, product }

    /// Reduces `axes`, which disappear; nil where that is left to the graph.
    func reduced(_ reduction: Reduction, axes: [Int]) throws -> HostTensor? {
        let kept = sizes.indices.filter { !axes.contains($0) }
        let resultSizes = kept.map { sizes[$0] }
        // An empty tensor may have sums without number.
        guard HostTensor.isSmall(resultSizes) || count > HostTensor.foldLimit else { return nil }
        let groupSize = axes.reduce(1) { $0 * sizes[$1] }
        let rows = transposed(kept + axes)
        func fold<Element>(_ elements: [Element], _ start: Element?, _ step: (Element, Element) throws -> Element)
            rethrows
            -> [Element]?
        {
            guard groupSize > 0 || start != nil else { return nil }
            return try (0..<resultSizes.reduce(1, *)).map { row in
                let group = elements[(row * groupSize)..<((row + 1) * groupSize)]
                return try start.map { try group.reduce($0, step) } ?? group.dropFirst().reduce(group.first!, step)
            }
        }
        let result: Values?
        switch rows.values {
        case .bool: return nil
        case .real(let values):
            let folded =
                switch reduction {
                case .sum, .mean: fold(values, 0, +)
                case .product: fold(values, 1, *)
                case .maximum: fold(values, nil) { $0.isNaN || $0 > $1 ? $0 : $1 }
                case .minimum: fold(values, nil) { $0.isNaN || $0 < $1 ? $0 : $1 }
                }
            result = folded.map { .real(reduction == .mean ? $0.map { $0 / Double(groupSize) } : $0) }
        case .integer(let values):
            let folded =
                switch reduction {
                case .sum, .mean: try fold(values, 0) { try $0 + $1 }
                case .product: try fold(values, 1) { try $0 * $1 }
                case .maximum: try fold(values, nil) { try Extent.maximum($0, $1) }
                case .minimum: try fold(values, nil) { try Extent.minimum($0, $1) }
                }
            result = try folded.map { .integer(reduction == .mean ? try $0.map { try $0 / Extent(groupSize) } : $0) }
        }
        return result.map { HostTensor(resultSizes, $0) }
    }

    func cumulativeSum(axis: Int, exclusive: Bool, reverse: Bool) throws -> HostTensor? {
        func scan<Element>(_ elements: [Element], zero: Element, _ add: (Element, Element) throws -> Element) rethrows
            -> [Element]
        {
            var sums = elements
            let stride = strides[axis]
            let starts = elements.indices.filter { ($0 / stride) % sizes[axis] == 0 }
            for start in starts {
                var running = zero
                for step in 0..<sizes[axis] {
                    let position = start + (reverse ? sizes[axis] - 1 - step : step) * stride
                    if exclusive { sums[position] = running }
                    running = try add(running, elements[position])
                    if !exclusive { sums[position] = running }
                }
            }
            return sums
        }
        switch values {
        case .real(let values): return HostTensor(sizes, scan(values, zero: 0, +))
        case .integer(let values): return HostTensor(sizes, try scan(values, zero: 0) { try $0 + $1 })
        case .bool: return nil
        }
    }
}
