import CProcessor
import Foundation

/// Which of its kernels OpenBLAS runs all products with.
///
/// OpenBLAS tells processors by number and takes the slowest kernel for one that is newer than itself, without a word. What the
/// processor can do is known regardless of its number, so the choice is made again by that, once in a process and before any
/// product; the new kernel has to give right products, or it is taken back. `OPENBLAS_CORETYPE` in the environment is respected.
package struct BLASKernel: Hashable, Sendable {
    /// As OpenBLAS names it; nil where the library doesn't say.
    package var name: String?
    /// What OpenBLAS had chosen by itself, where another one runs.
    package var replaced: String?
    /// What is wrong with it and how to mend that.
    package var warning: String?

    /// Makes the choice on first use.
    package static let current = choose(
        for: .current, asked: ProcessInfo.processInfo.environment[variable], from: OpenBLASKernels())

    /// OpenBLAS's own, for users who know better.
    static let variable = "OPENBLAS_CORETYPE"

    /// What a kernel needs of a processor; each level includes those before it.
    enum Level: Int, Comparable {
        case baseline, sse42, avx, avx2, avx512
        static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
    }

    /// Nil for names that came after this table: whoever has them knows this processor better.
    static func level(ofKernel name: String) -> Level? {
        switch name.lowercased() {
        case "katmai", "coppermine", "northwood", "prescott", "banias", "atom", "core2", "penryn", "dunnington",
            "athlon",
            "opteron", "opteron_sse3", "barcelona", "nano", "bobcat", "unknown":
            .baseline
        case "nehalem": .sse42
        case "sandybridge", "bulldozer", "piledriver", "steamroller", "excavator": .avx
        case "haswell", "zen": .avx2
        case "skylakex", "cooperlake", "sapphirerapids": .avx512
        default: nil
        }
    }

    static func choose(for processor: Processor, asked: String?, from kernels: some ChoosesKernel) -> BLASKernel {
        guard let chosen = kernels.name else { return BLASKernel() }
        if let asked, !asked.isEmpty {
            let isFollowed = asked.lowercased() == chosen.lowercased()
            return BLASKernel(
                name: chosen,
                warning: isFollowed
                    ? nil
                    : "\(variable)=\(asked) names no kernel that this OpenBLAS has for this processor; \(chosen) runs")
        }
        guard let level = level(ofKernel: chosen), let best = processor.kernels.first,
            level < Self.level(ofKernel: best)!
        else { return BLASKernel(name: chosen) }
        guard kernels.canChoose else {
            return BLASKernel(
                name: chosen,
                warning:
                    "OpenBLAS runs its kernel \(chosen) on a processor that can do more (\(best)), at a fraction of the speed, and cannot be told to choose again; install a newer OpenBLAS, or one with several kernels (DYNAMIC_ARCH)"
            )
        }
        for candidate in processor.kernels where level < Self.level(ofKernel: candidate)! {
            kernels.choose(candidate)
            if kernels.name?.lowercased() == candidate.lowercased(), kernels.areProductsRight {
                return BLASKernel(name: kernels.name, replaced: chosen)
            }
        }
        kernels.choose(nil)
        return BLASKernel(
            name: kernels.name ?? chosen,
            warning:
                "OpenBLAS runs its kernel \(kernels.name ?? chosen) on a processor that can do more (\(best)), at a fraction of the speed, because no better one gave right products; install a newer OpenBLAS"
        )
    }
}

/// The library's side of the choice.
protocol ChoosesKernel {
    /// Of the kernel that is chosen now.
    var name: String? { get }
    var canChoose: Bool { get }
    /// Nil: what the library detects.
    func choose(_ kernel: String?)
    var areProductsRight: Bool { get }
}

/// The one that is loaded.
private struct OpenBLASKernels: ChoosesKernel {
    var name: String? { cprocessor_blas_kernel().map { String(cString: $0) } }
    var canChoose: Bool { cprocessor_can_choose_kernel() != 0 }
    func choose(_ kernel: String?) { cprocessor_choose_kernel(kernel) }
    var areProductsRight: Bool { ProductCheck().passes }
}
