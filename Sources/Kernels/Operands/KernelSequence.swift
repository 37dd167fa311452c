/// Kernels that run one after the other and serve one node.
package final class KernelSequence: Kernel {
    private let kernels: [any Kernel]
    package init(_ kernels: [any Kernel]) { self.kernels = kernels }
    package var matmulFlops: Int { kernels.reduce(0) { $0 + $1.matmulFlops } }
    package var flops: Int { kernels.reduce(0) { $0 + $1.flops } }
    package func run(_ state: RunState) { for kernel in kernels { kernel.run(state) } }
}
