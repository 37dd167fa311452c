/// A bar for each benchmark, as long as its time ratio: an SVG image, written by hand so that it needs nothing.
struct BarChart {
    private let measurements: [Measurement]
    private let labelWidth = 220.0
    private let plotWidth = 460.0
    private let rowHeight = 20.0
    private let top = 64.0

    init(_ measurements: [Measurement]) { self.measurements = measurements }

    private var highest: Double {
        let ratios = measurements.flatMap { [$0.timeRatio.upper, $0.flopRatio] }
        return max(2, (ratios.max() ?? 1).rounded(.up))
    }
    private func x(_ ratio: Double) -> Double { labelWidth + plotWidth * ratio / highest }

    var svg: String {
        let groups = problems.count
        let height = top + rowHeight * Double(measurements.count) + 12 * Double(groups) + 34
        let width = labelWidth + plotWidth + 60
        var lines = [
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 \(whole(width)) \(whole(height))\" width=\"\(whole(width))\" height=\"\(whole(height))\" font-family=\"Helvetica, Arial, sans-serif\" font-size=\"12\">",
            "<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>",
            text(
                16, 20, "One shared plan against its baseline: time of the baseline over time of the plan",
                size: 13),
            text(
                16, 38,
                "bar: median of alternating runs; whisker: quartiles; diamond: ratio of matmul flops; orange: the baseline lacks one rule only",
                color: "#555555"),
        ]
        let bottom = height - 30
        for tick in 0...Int(highest) {
            let position = number(x(Double(tick)))
            lines.append(
                "<line x1=\"\(position)\" y1=\"\(number(top - 8))\" x2=\"\(position)\" y2=\"\(number(bottom))\" stroke=\"\(tick == 1 ? "#333333" : "#dddddd")\"/>"
            )
            lines.append(text(x(Double(tick)), bottom + 16, "\(tick)", anchor: "middle"))
        }
        var y = top
        for problem in problems {
            for measurement in measurements where measurement.problem == problem {
                lines += bar(measurement, y)
                y += rowHeight
            }
            y += 12
        }
        return (lines + ["</svg>", ""]).joined(separator: "\n")
    }

    /// In the order of their first measurement.
    private var problems: [String] {
        measurements.reduce(into: []) { names, measurement in
            if !names.contains(measurement.problem) { names.append(measurement.problem) }
        }
    }

    private func bar(_ measurement: Measurement, _ y: Double) -> [String] {
        let (ratio, middle) = (measurement.timeRatio, y + rowHeight / 2)
        let flops = x(measurement.flopRatio)
        // Blue against naive, orange where only a rule is missing.
        let color = measurement.baselineName == RequestSet.Baseline.naive.name ? "#4c78a8" : "#f2a65a"
        return [
            text(labelWidth - 8, middle + 4, measurement.name, anchor: "end"),
            "<rect x=\"\(number(labelWidth))\" y=\"\(number(y + 3))\" width=\"\(number(x(ratio.median) - labelWidth))\" height=\"\(number(rowHeight - 6))\" fill=\"\(color)\"/>",
            "<line x1=\"\(number(x(ratio.lower)))\" y1=\"\(number(middle))\" x2=\"\(number(x(ratio.upper)))\" y2=\"\(number(middle))\" stroke=\"#222222\" stroke-width=\"2\"/>",
            "<path d=\"M\(number(flops - 4)) \(number(middle))L\(number(flops)) \(number(middle - 4))L\(number(flops + 4)) \(number(middle))L\(number(flops)) \(number(middle + 4))Z\" fill=\"#ffffff\" stroke=\"#222222\"/>",
            text(labelWidth + plotWidth + 8, middle + 4, Table.number(ratio.median, 2)),
        ]
    }

    private func text(
        _ x: Double, _ y: Double, _ content: String, anchor: String = "start", color: String = "#222222", size: Int = 12
    ) -> String {
        let escaped = content.replacing("&", with: "&amp;").replacing("<", with: "&lt;")
        return
            "<text x=\"\(number(x))\" y=\"\(number(y))\" text-anchor=\"\(anchor)\" fill=\"\(color)\" font-size=\"\(size)\">\(escaped)</text>"
    }
    private func number(_ value: Double) -> String { Table.number(value, 1) }
    private func whole(_ value: Double) -> String { Table.number(value, 0) }
}
