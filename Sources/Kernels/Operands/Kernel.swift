/// An operation bound to its operands: everything that can be decided from shapes has been decided,
/// so that `run` allocates nothing and can be called again and again.
///
/// How a kernel splits its work never depends on the number of threads, only on shapes: the same
/// operands give the same bits with one thread and with many.
package protocol Kernel: AnyObject {
    func run(_ state: RunState)
    /// Multiply-adds of matrix products and convolutions, counted as 2 each: nominal (see the design's
    /// "Cost"); zero for everything else.
    var matmulFlops: Int { get }
    /// All floating-point work, `matmulFlops` included; an elementwise operation counts 1 for each element.
    var flops: Int { get }
}

/// What changes from run to run, and what is counted.
package final class RunState {
    /// The index, in the whole data set, of the first example of the batch that runs now.
    package var firstExample = 0
    package var matmulFlops = 0
    package var flops = 0
    /// Operations of BLAS calls that really ran; it may be below `matmulFlops` where a kernel skips zeros.
    package var executedFlops = 0
    package init() {}
}
