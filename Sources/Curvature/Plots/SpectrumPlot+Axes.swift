#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

extension SpectrumPlot {
    /// Numbers that a picture can show.
    private var places: [Double] {
        (curves.flatMap(\.places) + marks.flatMap(\.values)).filter(\.isFinite)
    }

    /// From the least place to the greatest, with a little space where marks would touch the frame.
    var placeRange: ClosedRange<Double> {
        guard let least = places.min(), let greatest = places.max() else { return 0...1 }
        let extent = greatest / 2 - least / 2
        // One place alone, or so near each other that no ticks are between them.
        guard extent > 1e-9 * max(abs(least), abs(greatest)) else {
            let space = max(abs(least) / 2, abs(least) < .leastNormalMagnitude ? 1 : 0)
            return least - space...greatest + space
        }
        func isAtTheEdge(_ value: Double) -> Bool {
            value / 2 - least / 2 < 0.02 * extent || greatest / 2 - value / 2 < 0.02 * extent
        }
        let space = marks.contains { $0.values.contains(where: isAtTheEdge) } ? 0.04 * extent : 0
        return max(least - space, -.greatestFiniteMagnitude)...min(greatest + space, .greatestFiniteMagnitude)
    }

    /// The densities between the frame's lower and upper edge, and how they are spread.
    var densityRange: (scale: PlotAxis.Scale, values: ClosedRange<Double>) {
        let peaks = curves.flatMap(\.peaks)
        guard let highest = peaks.max() else { return (.linear, 0...1) }
        // What is a billionth of the highest peak is rounding, not eigenvalues.
        let lowest = peaks.filter { $0 >= 1e-9 * highest }.min() ?? highest
        let isLogarithmic =
            switch densityAxis {
            case .automatic: highest > SpectrumPlot.linearRatio * lowest
            case .linear: false
            case .logarithmic: true
            }
        guard isLogarithmic else { return (.linear, 0...1.05 * highest) }
        // The feet of the lowest peak are to be seen; whole powers of ten, so that the edges have labels.
        let floor = max(min(lowest / 10, highest / 1000), .leastNormalMagnitude)
        let (first, last) = (log10(floor).rounded(.down), log10(highest).rounded(.up))
        return (.logarithmic, pow(10, first)...max(pow(10, last), highest * 1.05))
    }
}

extension SpectrumPlot.Curve {
    /// Local maxima, those at either end included.
    fileprivate var peaks: [Double] {
        let found = densities.filter { $0.isFinite && $0 > 0 }
        return found.indices.filter { index in
            (index == 0 || found[index - 1] < found[index])
                && (index == found.count - 1 || found[index + 1] <= found[index])
        }.map { found[$0] }
    }
}
