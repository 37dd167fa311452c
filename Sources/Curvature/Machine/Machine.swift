import Kernels

/// What everything runs on here: the processor, and OpenBLAS with the kernel that multiplies on it.
///
/// OpenBLAS takes its slowest kernel for a processor that is newer than itself. That is noticed at the first product of a process and
/// mended where it can be; where it can't, ``warning`` says what would help.
public struct Machine: Sendable, CustomStringConvertible {
    /// The processor's name as the system gives it; empty where it gives none.
    public let processor: String
    /// The library, such as "OpenBLAS 0.3.21".
    public let blas: String
    /// The kernel that it multiplies with, as it names it; nil where it doesn't.
    public let kernel: String?
    /// The kernel that it had chosen by itself, where another one took its place.
    public let replacedKernel: String?
    /// What is wrong with the kernel, and the remedy.
    public let warning: String?

    /// This one. The first use chooses OpenBLAS's kernel, unless a product has done it before.
    public static let current: Machine = {
        let kernel = BLASKernel.current
        return Machine(
            processor: Processor.current.name, blas: BLAS.versionText, kernel: kernel.name,
            replacedKernel: kernel.replaced, warning: kernel.warning)
    }()

    /// "Intel(R) Xeon(R) Processor; OpenBLAS 0.3.21, kernel Cooperlake instead of Prescott"
    public var description: String { PlanDocument.MachinePart(self).text }
}

extension PlanDocument.MachinePart {
    /// What it says in a line.
    var text: String {
        let replacement = replaced.map { " instead of \($0)" } ?? ""
        return (processor.isEmpty ? "" : processor + "; ") + blas
            + (kernel.map { ", kernel \($0)\(replacement)" } ?? "")
    }
}
