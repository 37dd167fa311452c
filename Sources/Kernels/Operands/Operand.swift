/// What a kernel reads or writes: a strided view of memory that someone else owns.
///
/// Transposes, broadcasts (stride 0), slices (negative strides too) and reshapes of contiguous values are views;
/// no kernel runs for them. Whoever makes an operand keeps the memory alive while kernels bound to it can run.
package struct Operand: @unchecked Sendable {
    // `@unchecked`: the pointer. Kernels of one execution run one after the other, and the parts of
    // one kernel write to disjoint elements.
    package let address: UnsafeMutableRawPointer
    package let storage: Storage
    package let sizes: [Int]
    /// In elements, one for each of `sizes`.
    package let strides: [Int]

    package init(address: UnsafeMutableRawPointer, storage: Storage, sizes: [Int], strides: [Int]? = nil) {
        self.address = address
        self.storage = storage
        self.sizes = sizes
        self.strides = strides ?? Operand.contiguousStrides(sizes)
    }

    package var rank: Int { sizes.count }
    package var count: Int { sizes.reduce(1, *) }

    /// Row-major without gaps. Axes of size 1 may have any stride.
    package var isContiguous: Bool {
        var expected = 1
        for (size, stride) in zip(sizes, strides).reversed() where size != 1 {
            if stride != expected { return false }
            expected *= size
        }
        return true
    }

    package static func contiguousStrides(_ sizes: [Int]) -> [Int] {
        var strides = [Int](repeating: 1, count: sizes.count)
        var stride = 1
        for axis in sizes.indices.reversed() {
            strides[axis] = stride
            stride *= sizes[axis]
        }
        return strides
    }
}
