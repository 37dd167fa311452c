import ArgumentParser
import Curvature

struct Doctor: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show what plans run on here, how fast plain matrix products are, and what is wrong.",
        discussion: """
            Measures for about four seconds. A plan that is bound by products runs at about the rate shown, so a rate far below what
            the processor can do says why plans are slow. The exit status is 0 whatever is found.
            """)

    func run() throws {
        let (machine, limits) = (Machine.current, SystemLimits.current)
        let counts = limits.threads == 1 ? [1] : [1, limits.threads]
        let rates = Precision.allCases.map { precision in
            DoctorReport.Rate(
                precision: precision, flops: counts.map { ProductRate.measure(precision, threads: $0) })
        }
        print(DoctorReport(machine: machine, limits: limits, threads: counts, rates: rates).text)
    }
}

/// What `curvature doctor` prints.
struct DoctorReport {
    /// Of products in one precision.
    struct Rate {
        var precision: Precision
        /// Floating-point operations a second, with each number of threads.
        var flops: [Double]
    }

    var machine: Machine
    var limits: SystemLimits
    var threads: [Int]
    var rates: [Rate]

    var text: String {
        var lines = ["curvature   \(Version.current)"]
        if !machine.processor.isEmpty { lines.append("processor   \(machine.processor)") }
        let replaced = machine.replacedKernel.map { ", which took the place of \($0)" } ?? ""
        lines.append("BLAS        \(machine.blas)" + (machine.kernel.map { ", kernel \($0)\(replaced)" } ?? ""))
        for rate in rates {
            let name = rate.precision == .float32 ? "sgemm" : "dgemm"
            let parts = zip(threads, rate.flops).map { count, flops in
                "\(Self.gigaflops(flops)) on \(count) thread\(count == 1 ? "" : "s")"
            }
            lines.append("\(name)       " + parts.joined(separator: ", "))
        }
        lines.append(
            "TBB         \(limits.tbbVersion), \(limits.threads) thread\(limits.threads == 1 ? "" : "s") at once")
        if let memory = limits.memory {
            let available = limits.availableMemory.map { ", \(Self.gibibytes($0)) available" } ?? ""
            let limit = limits.memoryLimit.map { "; at most \(Self.gibibytes($0)) in this container" } ?? ""
            lines.append("memory      \(Self.gibibytes(memory))\(available)\(limit)")
        }
        let problems = problems
        lines += problems.isEmpty ? ["", "nothing is wrong"] : [""] + problems.map { "wrong: \($0)" }
        return lines.joined(separator: "\n")
    }

    /// Each with its remedy.
    var problems: [String] {
        var problems: [String] = []
        if let warning = machine.warning { problems.append(warning) }
        if let quota = limits.processorQuota, quota < Double(limits.threads) - 0.5 {
            let whole = max(1, Int(quota))
            problems.append(
                "this container may use \(Self.tenths(quota)) processors, but plans run \(limits.threads) threads unless told otherwise; give --threads \(whole)"
            )
        } else if let flops = rates.first(where: { $0.precision == .float32 })?.flops, flops.count == 2,
            flops[1] < 0.6 * Double(threads[1]) * flops[0]
        {
            problems.append(
                "\(threads[1]) threads multiply only \(Self.tenths(flops[1] / flops[0])) times as fast as one; other work, or a second thread on each core, takes the rest, and fewer --threads may be as fast"
            )
        }
        let free = min(limits.availableMemory ?? .max, limits.memoryLimit ?? .max)
        if free < PlanOptions().memory {
            problems.append(
                "\(Self.gibibytes(free)) of memory can be had, less than the \(Self.gibibytes(PlanOptions().memory)) that plans may take by default; give --memory"
            )
        }
        return problems
    }

    private static func gigaflops(_ rate: Double) -> String { "\(Int((rate / 1e9).rounded())) GFLOP/s" }
    private static func gibibytes(_ count: Int) -> String { "\(tenths(Double(count) / 1_073_741_824)) GiB" }
    private static func tenths(_ value: Double) -> String { "\((value * 10).rounded() / 10)" }
}
