extension SpectrumPlot {
    /// The picture as an SVG image: a function of what is drawn alone, so that the same results give the same bytes.
    public var svg: String { SpectrumDrawing(self).svg }
}

/// Where on the page everything lies, in pixels.
private struct SpectrumDrawing {
    private let plot: SpectrumPlot
    private let x, y: PlotAxis
    private let left = 78.0, right = 776.0, width = 800.0
    private let top, bottom, height: Double
    /// Where the marks of each request lie: a lane of its own below the curves.
    private let lanes: Double
    private static let laneHeight = 22.0
    private static let rowHeight = 19.0
    /// Okabe and Ito's, which people see as different however they see colours; without their yellow, which is faint on white.
    private static let colors = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000"]
    private static let names = 110

    init(_ plot: SpectrumPlot) {
        self.plot = plot
        top = 24 + SpectrumDrawing.rowHeight * Double(plot.curves.count + plot.marks.count)
        lanes = plot.curves.isEmpty && !plot.marks.isEmpty ? top : top + 340
        bottom = lanes + SpectrumDrawing.laneHeight * Double(plot.marks.count)
        height = bottom + 56
        x = PlotAxis(scale: .linear, values: plot.placeRange, start: left, end: right)
        let density = plot.densityRange
        y = PlotAxis(scale: density.scale, values: density.values, start: lanes, end: top)
    }

    var svg: String {
        let size = (SVGElement.number(width), SVGElement.number(height))
        let content =
            [
                SVGElement.text("rect", ["width": size.0, "height": size.1, "fill": "#ffffff"]), clip,
            ] + axes + curves + marks + frame + legend
        return """
            <?xml version="1.0" encoding="UTF-8"?>
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(size.0) \(size.1)" width="\(size.0)" height="\(size.1)" \
            font-family="Helvetica, Arial, sans-serif" font-size="12" fill="#222222">
            \(content.joined(separator: "\n"))
            </svg>

            """
    }

    // MARK: Axes

    private var axes: [String] {
        var parts: [String] = []
        for tick in x.ticks(count: 9) {
            let position = x.position(tick.value)
            parts.append(line(position, top, position, bottom, "#e4e4e4"))
            parts.append(label(tick.label, position, bottom + 18, anchor: "middle", class: "x-tick"))
        }
        let isLogarithmic = y.scale == .logarithmic
        for tick in plot.curves.isEmpty ? [] : y.ticks(count: isLogarithmic ? 8 : 6) {
            let position = y.position(tick.value)
            parts.append(line(left, position, right, position, "#e4e4e4"))
            parts.append(label(tick.label, left - 8, position + 4, anchor: "end", class: "y-tick"))
        }
        parts.append(label(.text(placeLabel), (left + right) / 2, bottom + 42, anchor: "middle"))
        if !plot.curves.isEmpty {
            let middle = SVGElement.number((top + lanes) / 2)
            parts.append(
                SVGElement.text(
                    "text",
                    ["x": "20", "y": middle, "text-anchor": "middle", "transform": "rotate(-90 20 \(middle))"],
                    isLogarithmic ? "density (logarithmic)" : "density"))
        }
        return parts
    }

    private var placeLabel: String {
        let hasEigenvalues = !plot.curves.isEmpty || plot.marks.contains { !$0.areSingularValues }
        let hasSingularValues = plot.marks.contains(where: \.areSingularValues)
        return hasSingularValues ? hasEigenvalues ? "eigenvalue or singular value" : "singular value" : "eigenvalue"
    }

    private var frame: [String] {
        var parts = [
            SVGElement.text(
                "rect",
                [
                    "x": SVGElement.number(left), "y": SVGElement.number(top),
                    "width": SVGElement.number(right - left), "height": SVGElement.number(bottom - top),
                    "fill": "none", "stroke": "#555555",
                ])
        ]
        if top < lanes, lanes < bottom { parts.append(line(left, lanes, right, lanes, "#555555")) }
        return parts
    }

    // MARK: Spectra

    /// Curves go on below the frame of a logarithmic axis, out of sight.
    private var clip: String {
        SVGElement.text(
            "clipPath", ["id": "densities"],
            SVGElement.text(
                "rect",
                [
                    "x": SVGElement.number(left), "y": SVGElement.number(top),
                    "width": SVGElement.number(right - left), "height": SVGElement.number(max(0, lanes - top)),
                ]))
    }

    private var curves: [String] {
        plot.curves.enumerated().flatMap { index, curve -> [String] in
            let points = zip(curve.places, curve.densities).filter { $0.isFinite && $1.isFinite }
                .map { (x.position($0), min(max(y.position($1), top - 10), lanes + 10)) }
            guard let first = points.first, let last = points.last else { return [] }
            let path = points.map { "\(SVGElement.number($0.0)) \(SVGElement.number($0.1))" }.joined(separator: "L")
            let foot = SVGElement.number(lanes + 10)
            let area = "M\(SVGElement.number(first.0)) \(foot)L\(path)L\(SVGElement.number(last.0)) \(foot)Z"
            return [
                SVGElement.text(
                    "path",
                    ["d": area, "fill": color(index), "fill-opacity": "0.12", "clip-path": "url(#densities)"]),
                SVGElement.text(
                    "path",
                    [
                        "class": "density", "d": "M" + path, "fill": "none", "stroke": color(index),
                        "stroke-width": "1.6", "stroke-linejoin": "round", "clip-path": "url(#densities)",
                    ]),
            ]
        }
    }

    private var marks: [String] {
        plot.marks.enumerated().flatMap { number, marks -> [String] in
            let y = lanes + SpectrumDrawing.laneHeight * Double(number)
            return marks.values.filter(\.isFinite).map {
                let position = x.position($0)
                return line(
                    position, y + 4, position, y + SpectrumDrawing.laneHeight - 4,
                    color(plot.curves.count + number), width: "1.6", class: "mark")
            }
        }
    }

    private var legend: [String] {
        let names = plot.curves.map { ($0.name, true) } + plot.marks.map { ($0.name, false) }
        return names.enumerated().flatMap { index, entry -> [String] in
            let y = 20 + SpectrumDrawing.rowHeight * Double(index)
            let isLong = entry.0.count > SpectrumDrawing.names
            let name = isLong ? entry.0.prefix(SpectrumDrawing.names - 1) + "…" : entry.0[...]
            return [
                entry.1
                    ? line(left, y, left + 22, y, color(index), width: "2.4")
                    : line(left + 11, y - 6, left + 11, y + 6, color(index), width: "2.4"),
                SVGElement.text(
                    "text",
                    ["class": "legend", "x": SVGElement.number(left + 30), "y": SVGElement.number(y + 4)],
                    SVGElement.escaped(String(name))),
            ]
        }
    }

    private func color(_ index: Int) -> String { SpectrumDrawing.colors[index % SpectrumDrawing.colors.count] }

    // MARK: Elements

    private func line(
        _ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ color: String, width: String = "1",
        class name: String = "rule"
    ) -> String {
        SVGElement.text(
            "line",
            [
                "class": name, "x1": SVGElement.number(x1), "y1": SVGElement.number(y1),
                "x2": SVGElement.number(x2), "y2": SVGElement.number(y2), "stroke": color, "stroke-width": width,
            ])
    }

    private func label(
        _ label: PlotAxis.Tick.Label, _ x: Double, _ y: Double, anchor: String, class name: String = "label"
    ) -> String {
        let (place, line) = (SVGElement.number(x), SVGElement.number(y))
        switch label {
        case .text(let text):
            return SVGElement.text(
                "text", ["class": name, "x": place, "y": line, "text-anchor": anchor], SVGElement.escaped(text))
        case .powerOfTen(let power):
            // The exponent small and raised, an element of its own: not every program places parts of a text that ends somewhere.
            let exponent = "\(power)".replacing("-", with: "\u{2212}")
            let base = SVGElement.number(x - 5.3 * Double(exponent.count) - 0.5)
            return SVGElement.text("text", ["class": name, "x": base, "y": line, "text-anchor": "end"], "10")
                + SVGElement.text(
                    "text",
                    [
                        "class": "exponent", "x": place, "y": SVGElement.number(y - 5), "text-anchor": "end",
                        "font-size": "9",
                    ], exponent)
        }
    }
}
