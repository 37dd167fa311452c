import TensorIR

/// The operations that move elements without changing them.
extension HostTensor {
    static func rowMajorStrides(_ sizes: [Int]) -> [Int] {
        var strides = [Int](repeating: 1, count: sizes.count)
        for axis in sizes.indices.dropLast().reversed() { strides[axis] = strides[axis + 1] * sizes[axis + 1] }
        return strides
    }
    var strides: [Int] { HostTensor.rowMajorStrides(sizes) }

    /// Positions of a strided view, in row-major order.
    static func positions(sizes: [Int], strides: [Int], offset: Int = 0) -> [Int] {
        // The sizes beside a zero may be anything.
        if sizes.contains(0) { return [] }
        var positions = [offset]
        for (size, stride) in zip(sizes, strides) {
            var next: [Int] = []
            next.reserveCapacity(positions.count * size)
            for position in positions { for index in 0..<size { next.append(position + index * stride) } }
            positions = next
        }
        return positions
    }
    private func view(sizes: [Int], strides: [Int], offset: Int = 0) -> HostTensor {
        picking(HostTensor.positions(sizes: sizes, strides: strides, offset: offset), sizes: sizes)
    }

    func reshaped(_ sizes: [Int]) -> HostTensor { HostTensor(sizes, values) }
    func transposed(_ axes: [Int]) -> HostTensor {
        view(sizes: axes.map { sizes[$0] }, strides: axes.map { strides[$0] })
    }
    /// Repeats by NumPy's rule. The caller has checked that the sizes fit.
    func broadcast(to target: [Int]) -> HostTensor {
        if sizes == target { return self }
        let missing = target.count - sizes.count
        let own = strides
        let repeated = target.indices.map { axis in
            axis < missing || sizes[axis - missing] == 1 ? 0 : own[axis - missing]
        }
        return view(sizes: target, strides: repeated)
    }
    func sliced(axis: Int, start: Int, step: Int, count: Int) -> HostTensor {
        var (newSizes, newStrides) = (sizes, strides)
        let offset = count == 0 ? 0 : start * newStrides[axis]
        newSizes[axis] = count
        newStrides[axis] *= step
        return view(sizes: newSizes, strides: newStrides, offset: offset)
    }
    /// The positions `indices` of one axis, in that order.
    func gathered(axis: Int, _ indices: [Int], shape: [Int]) -> HostTensor {
        let inner = sizes[(axis + 1)...].reduce(1, *)
        let outer = inner == 0 || indices.isEmpty ? 0 : sizes[..<axis].reduce(1, *)
        var positions: [Int] = []
        positions.reserveCapacity(outer * indices.count * inner)
        for lead in 0..<outer {
            for index in indices {
                let start = (lead * sizes[axis] + index) * inner
                positions.append(contentsOf: start..<(start + inner))
            }
        }
        return picking(positions, sizes: Array(sizes[..<axis]) + shape + Array(sizes[(axis + 1)...]))
    }

    /// Side by side along one axis; all but the sizes of that axis are equal.
    static func concatenated(_ tensors: [HostTensor], axis: Int) throws -> HostTensor {
        var sizes = tensors[0].sizes
        sizes[axis] = tensors.reduce(0) { $0 + $1.sizes[axis] }
        let outer = sizes[axis...].contains(0) ? 0 : sizes[..<axis].reduce(1, *)
        func join<Element>(_ parts: [[Element]]) -> [Element] {
            let blocks = tensors.map { $0.sizes[axis...].reduce(1, *) }
            var joined: [Element] = []
            for lead in 0..<outer {
                for (part, block) in zip(parts, blocks) { joined += part[(lead * block)..<((lead + 1) * block)] }
            }
            return joined
        }
        switch tensors[0].element {
        case .real, .float64: return HostTensor(sizes, join(try tensors.map { try $0.reals() }))
        case .int64: return HostTensor(sizes, join(tensors.map { $0.integers() }))
        case .bool: return HostTensor(sizes, join(tensors.map { $0.booleans() }))
        }
    }

    /// One slice of an axis (kept with size 1) if all its slices are equal.
    func unrepeated(axis: Int) -> HostTensor? {
        guard sizes[axis] > 0 else { return nil }
        let first = sliced(axis: axis, start: 0, step: 1, count: 1)
        return first.broadcast(to: sizes) == self ? first : nil
    }
}
