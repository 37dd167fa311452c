extension ExplainFormat {
    /// For people: what was asked, what was rewritten, the plan step by step, and totals. `~` marks an estimate.
    public static let text = ExplainFormat(name: "text") { TextRendering($0).text }
}

private struct TextRendering {
    private let document: PlanDocument
    init(_ document: PlanDocument) { self.document = document }

    var text: String {
        ([problem, requests, rewrites, steps, totals].filter { !$0.isEmpty }.map { $0.joined(separator: "\n") })
            .joined(separator: "\n\n")
    }

    private var problem: [String] {
        let part = document.problem
        let terms = part.terms == 1 ? "" : " x \(part.terms) terms"
        var lines = [
            "problem   \(part.model): \(number(part.examples)) examples\(terms), \(number(part.outputs)) outputs, \(number(part.parameters)) parameters",
            "          \(part.precision), batches of \(number(part.batch)), \(part.threads) thread\(part.threads == 1 ? "" : "s")",
        ]
        if let reason = part.oneBatch { lines.append("          all examples in one batch: \(reason)") }
        return lines
    }

    private var requests: [String] {
        let names = column(document.requests.map(\.name))
        let kinds = column(document.requests.map { $0.shape.isEmpty ? $0.kind : "\($0.kind) \(shape($0.shape))" })
        return ["asked"]
            + document.requests.indices.map { index in
                let request = document.requests[index]
                return "  \(names[index])  \(kinds[index])"
                    + (request.expression == request.name ? "" : "  \(request.expression)")
            }.map(trimmed)
    }

    private var rewrites: [String] {
        guard !document.rewrites.isEmpty else { return [] }
        return ["rewritten"]
            + document.rewrites.flatMap { rewrite in
                if let reason = rewrite.declined {
                    return ["  \(rewrite.rule): left \(rewrite.before) alone, because \(reason)"]
                }
                let saving = rewrite.savesFlops > 0 ? ", saves ~\(flops(rewrite.savesFlops))" : ""
                return ["  \(rewrite.rule): \(rewrite.before)", "    -> \(rewrite.after)\(saving)"]
            }
    }

    private var steps: [String] {
        var lines = ["plan"]
        for step in document.steps {
            let needs = step.needs.isEmpty ? "" : " after \(step.needs.map(String.init).joined(separator: ", "))"
            lines.append("  \(step.id). \(step.kind)\(needs), for \(step.serves.joined(separator: ", "))")
            if step.kind == "data-pass" {
                lines.append("     sweeps: " + sweeps(step.sweeps))
            }
            for computed in step.computes { lines.append("     computes \(computed)") }
            let products = step.matmulFlops > 0 ? "\(flops(step.matmulFlops)) in products, " : ""
            lines.append("     cost \(products)\(flops(step.flops)) in all, peak ~\(bytes(step.peakBytes))")
            if let measured = step.measured {
                lines.append(
                    "     measured \(time(measured.seconds)), \(step.matmulFlops > 0 ? "\(flops(measured.matmulFlops)) in products, " : "")\(flops(measured.flops)) in all\(rate(measured.matmulFlops, measured.seconds))"
                )
            }
        }
        return lines
    }

    private var totals: [String] {
        let (fused, naive) = (document.totals.fused, document.totals.naive)
        func row(_ name: String, _ fused: String, _ naive: String, _ ratio: String = "") -> String {
            trimmed("  \(pad(name, 20))\(pad(fused, 16))\(pad(naive, 16))\(ratio)")
        }
        func ratio(_ a: Int, _ b: Int) -> String { b == 0 ? "" : "\(rounded(Double(a) / Double(b), 2))" }
        var lines = [
            row("totals", "fused", "naive", "ratio"),
            row("data passes", "\(fused.dataPasses)", "\(naive.dataPasses)"),
            row("forward sweeps", "\(fused.forwardSweeps)", "\(naive.forwardSweeps)"),
            row("tangent sweeps", "\(fused.tangentSweeps)", "\(naive.tangentSweeps)"),
            row("backward sweeps", "\(fused.backwardSweeps)", "\(naive.backwardSweeps)"),
            row(
                "products", flops(fused.matmulFlops), flops(naive.matmulFlops),
                ratio(fused.matmulFlops, naive.matmulFlops)),
            row("all flops", flops(fused.flops), flops(naive.flops), ratio(fused.flops, naive.flops)),
            row("peak memory", "~" + bytes(fused.peakBytes), "~" + bytes(naive.peakBytes)),
        ]
        if let measured = document.totals.measured {
            lines.append(
                "measured  \(time(measured.seconds)) a run (first \(time(measured.firstSeconds)), least \(time(measured.minimumSeconds))), load \(time(measured.loadSeconds)), compile \(time(measured.compileSeconds))"
            )
            lines.append(
                "          \(flops(measured.matmulFlops)) in products\(rate(measured.matmulFlops, measured.seconds)), peak \(bytes(measured.peakBytes)), resident \(bytes(measured.residentPeakBytes))"
            )
        }
        return lines
    }

    // MARK: Words and numbers

    private func sweeps(_ sweeps: PlanDocument.SweepsPart) -> String {
        [("forward", sweeps.forward), ("tangent", sweeps.tangent), ("backward", sweeps.backward)]
            .filter { $0.1 > 0 }.map { "\($0.1) \($0.0)" }.joined(separator: ", ")
    }
    private func shape(_ shape: [Int]) -> String { "(" + shape.map(String.init).joined(separator: ", ") + ")" }
    private func pad(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(1, width - text.count))
    }
    private func column(_ texts: [String]) -> [String] {
        let width = texts.map(\.count).max() ?? 0
        return texts.map { $0 + String(repeating: " ", count: width - $0.count) }
    }
    private func trimmed(_ line: String) -> String {
        String(line.reversed().drop { $0 == " " }.reversed())
    }
    private func number(_ value: Int) -> String {
        var digits = Array(String(value))
        var index = digits.count - 3
        while index > 0 {
            digits.insert(",", at: index)
            index -= 3
        }
        return String(digits)
    }
    private func flops(_ count: Int) -> String {
        scaled(Double(count), ["flop", "kflop", "Mflop", "Gflop", "Tflop", "Pflop"])
    }
    private func bytes(_ count: Int) -> String { MemoryUse.text(count) }
    private func rate(_ count: Int, _ seconds: Double) -> String {
        count == 0 || seconds <= 0
            ? "" : " (\(scaled(Double(count) / seconds, ["flop/s", "kflop/s", "Mflop/s", "Gflop/s", "Tflop/s"])))"
    }
    private func scaled(_ value: Double, _ units: [String]) -> String {
        var (value, unit) = (value, 0)
        while value >= 1000, unit + 1 < units.count { (value, unit) = (value / 1000, unit + 1) }
        return unit == 0
            ? "\(Int(value)) \(units[0])" : "\(rounded(value, value < 10 ? 2 : value < 100 ? 1 : 0)) \(units[unit])"
    }
    private func time(_ seconds: Double) -> String {
        let (value, unit) =
            seconds < 1e-3 ? (seconds * 1e6, "us") : seconds < 1 ? (seconds * 1e3, "ms") : (seconds, "s")
        return "\(rounded(value, value < 10 ? 2 : value < 100 ? 1 : 0)) \(unit)"
    }
    private func rounded(_ value: Double, _ places: Int) -> String {
        var scale = 1.0
        for _ in 0..<places { scale *= 10 }
        let text = String((value * scale).rounded() / scale)
        return places == 0 ? String(text.prefix { $0 != "." }) : text
    }
}
