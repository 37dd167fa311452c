#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// An axis of a plot: which numbers lie where, and which of them are written beside it.
struct PlotAxis: Equatable {
    enum Scale: Equatable { case linear, logarithmic }
    struct Tick: Equatable {
        var value: Double
        var label: Label
        /// What is written.
        enum Label: Equatable {
            case text(String)
            /// 10 to this power.
            case powerOfTen(Int)
        }
    }

    let scale: Scale
    /// The numbers at either end; positive where the scale is logarithmic.
    let values: ClosedRange<Double>
    /// Where these lie. The second may be the smaller one: on a page, up is less.
    let start, end: Double

    /// Linear, or linear in the logarithm; what has none, 0 and less, lies far beyond the lower end.
    func position(_ value: Double) -> Double {
        func along(_ value: Double) -> Double {
            // Halves, for the extent of two large numbers of both signs may not be finite.
            scale == .linear ? value / 2 : log10(max(value, .leastNonzeroMagnitude))
        }
        let first = along(values.lowerBound)
        return start + (end - start) * ((along(value) - first) / (along(values.upperBound) - first))
    }

    /// Round numbers within the axis: multiples of 1, 2 or 5 times a power of ten, or powers of ten.
    /// - Parameter count: About so many, never more than one above.
    func ticks(count: Int) -> [Tick] {
        switch scale {
        case .linear: linearTicks(count)
        case .logarithmic: powersOfTen(count)
        }
    }

    private func linearTicks(_ count: Int) -> [Tick] {
        let least = (values.upperBound / 2 - values.lowerBound / 2) / Double(count) * 2
        let exponent = Int(log10(least).rounded(.down))
        // The candidates are decimal literals in effect: 3 * 0.1 would not be 0.3.
        let candidates = [(1, exponent), (2, exponent), (5, exponent), (1, exponent + 1)]
        let (digit, power) =
            candidates.first { Decimal.value($0.0, $0.1) >= least * (1 - 1e-9) } ?? candidates[3]
        let step = Decimal.value(digit, power)
        // A little slack, so that an end that is round itself is not lost.
        let first = (values.lowerBound / step - 1e-9).rounded(.up)
        let last = (values.upperBound / step + 1e-9).rounded(.down)
        guard first <= last, abs(first) < 1e15, abs(last) < 1e15 else { return [] }
        let multiples = (Int(first)...Int(last)).map { $0 * digit }
        // One way of writing for all of them.
        let greatest = multiples.map(abs).max() ?? 0
        let digits = greatest == 0 ? 0 : "\(greatest)".count - 1 + power
        let isPlain = power >= -4 && digits <= 5
        return multiples.map {
            Tick(
                value: Decimal.value($0, power),
                label: .text(isPlain ? Decimal.plain($0, power) : Decimal.short($0, power)))
        }
    }

    private func powersOfTen(_ count: Int) -> [Tick] {
        let first = Int((log10(values.lowerBound) - 1e-9).rounded(.up))
        let last = Int((log10(values.upperBound) + 1e-9).rounded(.down))
        guard first <= last else { return [] }
        let step = (last - first) / count + 1
        return stride(from: last, through: first, by: -step).reversed().map {
            Tick(value: Decimal.value(1, $0), label: .powerOfTen($0))
        }
    }
}

/// Numbers of few decimal digits: an integer times a power of ten.
private enum Decimal {
    /// The double that is nearest.
    static func value(_ digits: Int, _ power: Int) -> Double { Double("\(digits)e\(power)") ?? 0 }

    /// Without an exponent, with just the places that the power has.
    static func plain(_ digits: Int, _ power: Int) -> String {
        let sign = digits < 0 ? "\u{2212}" : ""
        let text = "\(abs(digits))"
        guard power < 0 else { return digits == 0 ? "0" : sign + text + String(repeating: "0", count: power) }
        let padded = String(repeating: "0", count: max(0, -power + 1 - text.count)) + text
        return sign + padded.dropLast(-power) + "." + padded.suffix(-power)
    }

    /// With an exponent, as `-2.5e7`.
    static func short(_ digits: Int, _ power: Int) -> String {
        guard digits != 0 else { return "0" }
        let text = "\(abs(digits))"
        var mantissa = text
        while mantissa.count > 1, mantissa.hasSuffix("0") { mantissa.removeLast() }
        if mantissa.count > 1 { mantissa.insert(".", at: mantissa.index(after: mantissa.startIndex)) }
        return (digits < 0 ? "\u{2212}" : "") + mantissa + "e\(text.count - 1 + power)"
    }
}
