import CKernels

/// Writes one value to every element of a view.
package final class FillKernel: Kernel {
    package let matmulFlops = 0
    package let flops = 0

    private let copy: CopyKernel
    /// Holds the value; the kernel copies it to every element.
    private let memory: Memory

    package init(_ operand: Operand, value: Double) {
        memory = Memory(byteCount: 8)
        switch operand.storage {
        case .float32: memory.address.storeBytes(of: Float(value), as: Float.self)
        case .float64: memory.address.storeBytes(of: value, as: Double.self)
        case .int64: memory.address.storeBytes(of: Int64(value), as: Int64.self)
        case .bool: memory.address.storeBytes(of: value != 0 ? 1 : 0, as: UInt8.self)
        }
        let source = Operand(
            address: memory.address, storage: operand.storage, sizes: operand.sizes,
            strides: Array(repeating: 0, count: operand.rank))
        copy = CopyKernel(from: source, to: operand)
    }

    package func run(_ state: RunState) { copy.run(state) }
}
