import Foundation

/// Measurements as text, a line for each plan: two for each benchmark.
struct Table {
    private var rows: [[String]] = [
        [
            "benchmark", "plan", "Gflop~", "Gflop", "fwd/tan/bwd", "passes", "MiB~", "MiB", "seconds", "ratio",
            "quartiles", "flops",
        ]
    ]

    init(_ measurements: [Measurement]) {
        for measurement in measurements {
            rows.append(
                [measurement.name, "fused"] + Table.cells(measurement.fused) + [
                    Table.number(measurement.timeRatio.median, 2),
                    "\(Table.number(measurement.timeRatio.lower, 2))-\(Table.number(measurement.timeRatio.upper, 2))",
                    Table.number(measurement.flopRatio, 2),
                ])
            rows.append(["", measurement.baselineName] + Table.cells(measurement.baseline) + ["", "", ""])
        }
    }

    private static func cells(_ side: Measurement.Side) -> [String] {
        let predicted = side.predicted
        return [
            number(Double(predicted.matmulFlops) / 1e9, 3), number(Double(side.matmulFlops) / 1e9, 3),
            "\(predicted.forwardSweeps)/\(predicted.tangentSweeps)/\(predicted.backwardSweeps)",
            "\(predicted.dataPasses)", number(Double(predicted.peakBytes) / 1_048_576, 1),
            number(Double(side.peakBytes) / 1_048_576, 1), number(side.seconds.median, 4),
        ]
    }

    static func number(_ value: Double, _ places: Int) -> String { String(format: "%.\(places)f", value) }

    /// What the columns are, for whoever reads the table alone.
    static let legend = """
        ~ predicted before the run, beside what the run counted. ratio: time of the baseline over time of the fused plan, paired;
        quartiles: of that ratio; flops: the same ratio in matmul flops. seconds: median of one run.
        """

    var text: String {
        let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max()! }
        return rows.map { row in
            let cells = zip(row, widths).enumerated().map { column, cell in
                let space = String(repeating: " ", count: cell.1 - cell.0.count)
                return column < 2 ? cell.0 + space : space + cell.0
            }
            return String(cells.joined(separator: "  ").reversed().drop { $0 == " " }.reversed())
        }.joined(separator: "\n")
    }
}
