extension ExplainFormat {
    /// A drawing for Graphviz (`dot -Tsvg`): steps and requests, arrows from what is computed to what reads it. Iterations are boxes
    /// around the steps of their operators.
    public static let dot = ExplainFormat(name: "dot") { DotRendering($0).text }
}

private struct DotRendering {
    private let document: PlanDocument
    private let labels: StepLabels
    init(_ document: PlanDocument) { (self.document, labels) = (document, StepLabels(document)) }

    var text: String {
        let head = [
            "digraph plan {",
            "  label=\(quoted([document.problem.model, totals]));",
            "  labelloc=t;",
            "  node [shape=box, fontname=\"Helvetica\"];",
            "  edge [fontname=\"Helvetica\"];",
        ]
        let lines =
            trace + head + document.steps.flatMap { node($0, indent: "  ") } + requests
            + edges(document.steps, indent: "  ") + serves + ["}"]
        return lines.joined(separator: "\n")
    }

    private var totals: String {
        func text(_ total: PlanDocument.TotalPart) -> String {
            (total.isEstimate ? "~" : "") + FigureText.flops(total.matmulFlops)
        }
        return "\(text(document.totals.fused)) in products, naive \(text(document.totals.naive))"
    }

    /// As comments: it is no part of the drawing.
    private var trace: [String] {
        (document.trace ?? []).flatMap { part -> [String] in
            guard let requests = part.requests else { return ["// \(part.rule): unchanged"] }
            return ["// \(part.rule)"]
                + zip(document.requests, requests).map { "//   \(oneLine($0.name)): \(oneLine($1))" }
        }
    }

    // MARK: Nodes

    private var requests: [String] {
        document.requests.indices.map { index in
            let request = document.requests[index]
            let expression = request.expression == request.name ? [] : [request.expression]
            return
                "  \(name(request: index)) [shape=ellipse, label=\(quoted([request.name, FigureText.kind(request)] + expression))];"
        }
    }

    private func node(_ step: PlanDocument.StepPart, indent: String) -> [String] {
        let style = step.kind == "data-pass" ? ", style=filled, fillcolor=\"lightblue\"" : ""
        guard let body = step.body else {
            return ["\(indent)\(name(step)) [label=\(quoted(lines(step)))\(style)];"]
        }
        return [
            "\(indent)subgraph cluster_\(name(step)) {",
            "\(indent)  label=\(quoted(["\(labels[step.id]). \(step.kind)"]));",
            "\(indent)  \(name(step)) [label=\(quoted(lines(step))), shape=box, style=rounded];",
        ] + body.flatMap { node($0, indent: indent + "  ") } + ["\(indent)}"]
    }

    private func lines(_ step: PlanDocument.StepPart) -> [String] {
        let mark = step.isEstimate ? "~" : ""
        var title = "\(labels[step.id]). \(step.kind)"
        if step.map != nil { title += ", \(mark)\(FigureText.count(step.runs)) runs" }
        var lines = [title] + [step.task, step.outcome].compactMap(\.self) + step.computes
        let sweeps = FigureText.sweeps(step.sweeps, mark: mark)
        if !sweeps.isEmpty { lines.append(sweeps) }
        let (count, unit) =
            step.matmulFlops > 0 ? (step.matmulFlops, "in products") : (step.flops, "in all")
        lines.append("\(mark)\(FigureText.flops(count)) \(unit)")
        if step.cachedBytes > 0 { lines.append("\(FigureText.bytes(step.cachedBytes)) of primal values kept") }
        if let measured = step.measured { lines.append("measured \(FigureText.time(measured.seconds))") }
        return lines
    }

    // MARK: Edges

    private func edges(_ steps: [PlanDocument.StepPart], indent: String) -> [String] {
        steps.flatMap { step -> [String] in
            let needs = step.needs.map { "\(indent)step\($0) -> \(name(step));" }
            guard let body = step.body else { return needs }
            // An iteration hands vectors to its operators' first steps and takes products from their last.
            let read = Set(body.flatMap(\.needs))
            let entries = body.filter(\.needs.isEmpty).map {
                "\(indent)\(name(step)) -> \(name($0)) [style=dashed, label=\(quoted([$0.map ?? ""]))];"
            }
            let exits = body.filter { !read.contains($0.id) }.map {
                "\(indent)\(name($0)) -> \(name(step)) [style=dashed, constraint=false];"
            }
            return needs + edges(body, indent: indent) + entries + exits
        }
    }

    /// From a request's last steps; that those before them serve it too can be seen.
    private var serves: [String] {
        document.steps.flatMap { step in
            document.requests.indices.filter { index in
                let request = document.requests[index].name
                return step.serves.contains(request)
                    && !document.steps.contains { $0.needs.contains(step.id) && $0.serves.contains(request) }
            }.map { "  \(name(step)) -> \(name(request: $0));" }
        }
    }

    // MARK: Names

    private func name(_ step: PlanDocument.StepPart) -> String { "step\(step.id)" }
    private func name(request index: Int) -> String { "request\(index + 1)" }

    /// A label of these lines: names are any text, and a backslash begins an escape.
    private func quoted(_ lines: [String]) -> String {
        "\"" + lines.map { escaped(oneLine($0)) }.joined(separator: "\\n") + "\""
    }
    private func escaped(_ text: String) -> String {
        text.reduce(into: "") { result, character in
            if character == "\\" || character == "\"" { result.append("\\") }
            result.append(character)
        }
    }
    /// Without line breaks and other control characters.
    private func oneLine(_ text: String) -> String {
        String(
            String.UnicodeScalarView(text.unicodeScalars.map { $0.properties.generalCategory == .control ? " " : $0 }))
    }
}
