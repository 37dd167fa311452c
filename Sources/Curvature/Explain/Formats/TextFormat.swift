extension ExplainFormat {
    /// For people: what was asked, what was rewritten, the plan step by step, and totals. `~` marks an estimate.
    public static let text = ExplainFormat(name: "text") { TextRendering($0).text }
}

private struct TextRendering {
    private let document: PlanDocument
    init(_ document: PlanDocument) { self.document = document }

    var text: String {
        [problem, requests, trace, rewrites, factors, TextSteps(document).lines, totals].filter { !$0.isEmpty }
            .map { $0.map(\.withoutTrailingSpaces).joined(separator: "\n") }.joined(separator: "\n\n")
    }

    private var problem: [String] {
        let part = document.problem
        let terms = part.terms == 1 ? "" : " x \(part.terms) terms"
        var lines = [
            "problem   \(part.model): \(FigureText.count(part.examples)) examples\(terms), \(FigureText.count(part.outputs)) outputs, \(FigureText.count(part.parameters)) parameters",
            "          \(part.precision), batches of \(FigureText.count(part.batch)), \(part.threads) thread\(part.threads == 1 ? "" : "s")",
        ]
        if let machine = document.machine { lines.append("          " + machine.text) }
        if let reason = part.oneBatch { lines.append("          all examples in one batch: \(reason)") }
        return lines
    }

    private var requests: [String] {
        let names = document.requests.map(\.name).aligned
        let kinds = document.requests.map(FigureText.kind).aligned
        return ["asked"]
            + document.requests.indices.map { index in
                let request = document.requests[index]
                return "  \(names[index])  \(kinds[index])"
                    + (request.expression == request.name ? "" : "  \(request.expression)")
            }
    }

    private var trace: [String] {
        guard let trace = document.trace else { return [] }
        let names = document.requests.map { $0.name + ":" }.aligned
        var shown: [String] = []
        return ["operator graph"]
            + trace.flatMap { part -> [String] in
                guard let requests = part.requests else { return ["  \(part.rule): unchanged"] }
                // A choice of solver, say.
                if requests == shown { return ["  \(part.rule): reads as before"] }
                shown = requests
                return ["  \(part.rule)"] + zip(names, requests).map { "    \($0) \($1)" }
            }
    }

    private var rewrites: [String] {
        guard !document.rewrites.isEmpty else { return [] }
        return ["rewritten"]
            + document.rewrites.flatMap { rewrite -> [String] in
                if let reason = rewrite.declined {
                    return ["  \(rewrite.rule): left \(rewrite.before) alone, because \(reason)"]
                }
                let mark = rewrite.isEstimate ? "~" : ""
                let saving =
                    rewrite.savesFlops == 0
                    ? ""
                    : rewrite.savesFlops > 0
                        ? ", saves \(mark)\(FigureText.flops(rewrite.savesFlops))"
                        : ", costs \(mark)\(FigureText.flops(-rewrite.savesFlops)) more"
                return ["  \(rewrite.rule): \(rewrite.before)", "    -> \(rewrite.after)\(saving)"]
            }
    }

    private var factors: [String] {
        (document.factors ?? []).flatMap { part -> [String] in
            let columns =
                part.columns == 0
                ? "nothing sent back"
                : "\(FigureText.count(part.columns)) column\(part.columns == 1 ? "" : "s") sent back"
            let names = part.blocks.map { $0.parameters.joined(separator: ", ") }.aligned
            let forms = part.blocks.map { block in
                let sizes = block.sizes.map { "\(FigureText.count($0))^2" }.joined(separator: " x ")
                return block.form == "kronecker"
                    ? "kron(\(sizes.replacing(" x ", with: ", ")))" : "\(block.form) \(sizes)"
            }.aligned
            var lines = ["factors   \(part.operator): \(columns), \(FigureText.bytes(part.bytes))"]
            for (index, block) in part.blocks.enumerated() {
                let cost =
                    block.decompositionFlops == 0
                    ? "" : "; ~\(FigureText.flops(block.decompositionFlops)) to decompose"
                lines.append("  \(names[index])  \(forms[index])  \(block.reason)\(cost)")
            }
            if let warning = part.warning { lines.append("  warning: \(warning)") }
            return lines
        }
    }

    private var totals: [String] {
        let (fused, naive) = (document.totals.fused, document.totals.naive)
        func row(_ name: String, _ fused: String, _ naive: String, _ ratio: String = "") -> String {
            "  " + name.padded(to: 20) + fused.padded(to: 16) + naive.padded(to: 16) + ratio
        }
        func row(_ name: String, _ figure: KeyPath<PlanDocument.TotalPart, Int>, _ text: (Int) -> String) -> String {
            row(name, mark(fused) + text(fused[keyPath: figure]), mark(naive) + text(naive[keyPath: figure]))
        }
        func costRow(_ name: String, _ figure: KeyPath<PlanDocument.TotalPart, Int>) -> String {
            let (a, b) = (fused[keyPath: figure], naive[keyPath: figure])
            let isEstimate = fused.isEstimate || naive.isEstimate
            return row(
                name, mark(fused) + FigureText.flops(a), mark(naive) + FigureText.flops(b),
                b == 0 ? "" : (isEstimate ? "~" : "") + FigureText.ratio(a, b))
        }
        var lines = [
            row("totals", "fused", "naive", "ratio"),
            row("data passes", \.dataPasses, FigureText.count),
            row("forward sweeps", \.forwardSweeps, FigureText.count),
            row("tangent sweeps", \.tangentSweeps, FigureText.count),
            row("backward sweeps", \.backwardSweeps, FigureText.count),
            costRow("products", \.matmulFlops),
            costRow("all flops", \.flops),
            row("peak memory", "~" + FigureText.bytes(fused.peakBytes), "~" + FigureText.bytes(naive.peakBytes)),
        ]
        if let measured = document.totals.measured {
            lines += [
                "measured  \(FigureText.time(measured.seconds)) a run (first \(FigureText.time(measured.firstSeconds)), least \(FigureText.time(measured.minimumSeconds))), load \(FigureText.time(measured.loadSeconds)), compile \(FigureText.time(measured.compileSeconds))",
                "          \(FigureText.flops(measured.matmulFlops)) in products\(rate(measured.matmulFlops, measured.seconds)), \(FigureText.flops(measured.flops)) in all, peak \(FigureText.bytes(measured.peakBytes)), resident \(FigureText.bytes(measured.residentPeakBytes))",
            ]
        }
        return lines
    }

    private func mark(_ total: PlanDocument.TotalPart) -> String { total.isEstimate ? "~" : "" }
}

/// The plan step by step. Steps inside an iteration are indented and numbered within it: 2.1, 2.2.
private struct TextSteps {
    private let document: PlanDocument
    private let labels: StepLabels
    init(_ document: PlanDocument) { (self.document, labels) = (document, StepLabels(document)) }

    var lines: [String] {
        if document.steps.isEmpty { return ["plan", "  nothing to run: every request is there already"] }
        return ["plan"] + document.steps.flatMap { lines($0, indent: "  ") }
    }

    private func lines(_ step: PlanDocument.StepPart, indent: String) -> [String] {
        let label = labels[step.id] + ". "
        let mark = step.isEstimate ? "~" : ""
        var title = indent + label + step.kind
        if step.map != nil { title += ", \(mark)\(FigureText.count(step.runs)) run\(step.runs == 1 ? "" : "s")" }
        if !step.needs.isEmpty { title += " after " + step.needs.map { labels[$0] }.joined(separator: ", ") }
        // Inside of an iteration they serve whom it serves.
        if step.map == nil, !step.serves.isEmpty { title += ", for " + step.serves.joined(separator: ", ") }
        let inner = indent + String(repeating: " ", count: label.count)
        return [title] + (what(step) + figures(step, mark)).map { inner + $0 } + body(step, inner)
    }

    private func what(_ step: PlanDocument.StepPart) -> [String] {
        var lines = [step.task, step.outcome].compactMap(\.self)
        lines += step.computes.map { "computes \($0)" }
        if let chunks = step.chunks {
            lines.append("\(chunks.columns) columns in \(chunks.count) runs of \(chunks.width)")
        }
        return lines + primals(step)
    }

    private func primals(_ step: PlanDocument.StepPart) -> [String] {
        guard let primals = step.primals else { return [] }
        let batches =
            primals.batches == primals.allBatches
            ? "all \(FigureText.count(primals.allBatches)) batches"
            : "\(FigureText.count(primals.batches)) of \(FigureText.count(primals.allBatches)) batches"
        let verb =
            switch (primals.keeps, primals.reads) {
            case (true, true): "keeps primal values of \(batches) for its own later runs and later steps"
            case (true, false): "keeps primal values of \(batches) for later steps"
            default: "goes on from kept primal values of \(batches)"
            }
        return ["\(verb), \(FigureText.bytes(step.cachedBytes))"]
    }

    private func figures(_ step: PlanDocument.StepPart, _ mark: String) -> [String] {
        var lines: [String] = []
        let sweeps = FigureText.sweeps(step.sweeps, mark: mark)
        if !sweeps.isEmpty { lines.append("sweeps " + sweeps) }
        let products = step.matmulFlops > 0 ? "\(mark)\(FigureText.flops(step.matmulFlops)) in products, " : ""
        lines.append(
            "cost \(products)\(mark)\(FigureText.flops(step.flops)) in all, peak ~\(FigureText.bytes(step.peakBytes))")
        if let measured = step.measured {
            let products = measured.matmulFlops > 0 ? "\(FigureText.flops(measured.matmulFlops)) in products, " : ""
            lines.append(
                "measured \(FigureText.time(measured.seconds)), \(products)\(FigureText.flops(measured.flops)) in all, peak \(FigureText.bytes(measured.peakBytes))\(rate(measured.matmulFlops, measured.seconds))"
            )
        }
        return lines
    }

    private func body(_ step: PlanDocument.StepPart, _ indent: String) -> [String] {
        var map: String?
        return (step.body ?? []).flatMap { inner -> [String] in
            defer { map = inner.map }
            return (inner.map == map ? [] : ["\(indent)each product with the \(inner.map ?? "operator")"])
                + lines(inner, indent: indent + "  ")
        }
    }
}

private func rate(_ flops: Int, _ seconds: Double) -> String {
    flops == 0 || seconds <= 0 ? "" : " (\(FigureText.rate(flops, seconds: seconds)))"
}

extension Sequence<String> {
    /// All of one width.
    fileprivate var aligned: [String] {
        let width = map(\.count).max() ?? 0
        return map { $0 + String(repeating: " ", count: width - $0.count) }
    }
}

extension String {
    fileprivate func padded(to width: Int) -> String {
        self + String(repeating: " ", count: Swift.max(1, width - count))
    }
    fileprivate var withoutTrailingSpaces: String { String(reversed().drop { $0 == " " }.reversed()) }
}
