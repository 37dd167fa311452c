import Foundation
import Testing

@testable import Curvature

@Suite struct SpectrumPlotTests {
    /// A bulk at 0 and one eigenvalue of a million far out, as Gaussian bumps.
    private static func bumps(_ name: String, outlier: Double) -> SpectrumPlot.Curve {
        let places = (0...600).map { Double($0) / 100 - 1 }
        return SpectrumPlot.Curve(
            name: name, places: places,
            densities: places.map { exp(-$0 * $0 / 0.02) + outlier * exp(-($0 - 4) * ($0 - 4) / 0.02) })
    }

    /// What the number at a pixel is, as a reader finds out: from the two ticks around it.
    private func read(_ ticks: [(pixel: Double, value: Double)], at pixel: Double) -> Double {
        let (a, b) = (ticks.first!, ticks.last!)
        return a.value + (pixel - a.pixel) * (b.value - a.value) / (b.pixel - a.pixel)
    }
    private func number(_ text: String) -> Double { Double(text.replacing("\u{2212}", with: "-"))! }
    private func xTicks(_ image: SVGDocument) -> [(pixel: Double, value: Double)] {
        image.elements("text", class: "x-tick").map { ($0.number("x"), number($0.text)) }
    }
    /// Labels stand four pixels below their lines.
    private func yTicks(_ image: SVGDocument) -> [(pixel: Double, value: Double)] {
        image.elements("text", class: "y-tick").map { ($0.number("y") - 4, number($0.text)) }
    }

    @Test func pointsLieWhereTheTicksSay() throws {
        let places = [-1.5, -0.25, 0, 2, 7.5]
        let densities = [0.5, 2, 0.125, 1, 0]
        let marks = [-1, 0.5, 7]
        let plot = SpectrumPlot(
            curves: [.init(name: "d", places: places, densities: densities)],
            marks: [.init(name: "e", values: marks)], densityAxis: .linear)
        let image = try SVGDocument(plot.svg)
        let (x, y) = (xTicks(image), yTicks(image))
        #expect(x.map(\.value) == [-1, 0, 1, 2, 3, 4, 5, 6, 7])
        #expect(y.map(\.value) == [0, 0.5, 1, 1.5, 2])
        let points = image.points(ofCurve: 0)
        #expect(points.count == places.count)
        for (point, expected) in zip(points, zip(places, densities)) {
            #expect(abs(read(x, at: point.x) - expected.0) < 1e-3)
            #expect(abs(read(y, at: point.y) - expected.1) < 1e-3)
        }
        let lines = image.elements("line", class: "mark")
        #expect(lines.count == marks.count)
        for (line, value) in zip(lines, marks) {
            #expect(abs(read(x, at: line.number("x1")) - value) < 1e-3 && line.number("x1") == line.number("x2"))
            // In a lane of their own: below the curve.
            #expect(line.number("y1") > points.map(\.y).max()!)
        }
    }

    @Test func anOutlierMakesTheAxisLogarithmic() throws {
        let plot = SpectrumPlot(curves: [Self.bumps("d", outlier: 1e-6)], marks: [])
        let image = try SVGDocument(plot.svg)
        let (bases, exponents) = (image.elements("text", class: "y-tick"), image.elements("text", class: "exponent"))
        #expect(bases.allSatisfy { $0.text == "10" } && bases.count == exponents.count)
        let ticks = zip(bases, exponents).map { (pixel: $0.number("y") - 4, value: number($1.text)) }
        #expect(ticks.map(\.value) == [-7, -6, -5, -4, -3, -2, -1, 0])
        for (index, point) in image.points(ofCurve: 0).enumerated() {
            let density = plot.curves[0].densities[index]
            guard density > 1e-7 else {
                // Below the frame, where it is cut.
                #expect(point.y >= ticks[0].pixel - 0.01)
                continue
            }
            #expect(abs(read(ticks, at: point.y) - log10(density)) < 1e-3)
        }
        #expect(image.elements.contains { $0.text == "density (logarithmic)" })
    }

    @Test func peaksOfLikeHeightMakeItLinear() throws {
        for (outlier, isLogarithmic) in [(0.2, false), (0.04, true)] {
            let image = try SVGDocument(SpectrumPlot(curves: [Self.bumps("d", outlier: outlier)], marks: []).svg)
            #expect(image.elements.contains { $0.text == "density (logarithmic)" } == isLogarithmic)
        }
        let asked = SpectrumPlot(curves: [Self.bumps("d", outlier: 0)], marks: [], densityAxis: .logarithmic)
        #expect(
            try SVGDocument(asked.svg).elements("text", class: "exponent").map(\.text) == ["−3", "−2", "−1", "0"])
    }

    @Test func namesAreEscaped() throws {
        let names = [
            "a<b> & \"c\" 'd'", "]]>\u{1}\u{0}end", "λ = spectral_density(ggn)", String(repeating: "x", count: 300),
        ]
        let plot = SpectrumPlot(
            curves: names.map { Self.bumps($0, outlier: 0.2) }, marks: [.init(name: "</svg>", values: [1])])
        let texts = try SVGDocument(plot.svg).elements("text", class: "legend").map(\.text)
        #expect(
            texts == [
                names[0], "]]>\u{FFFD}\u{FFFD}end", names[2], String(repeating: "x", count: 109) + "…", "</svg>",
            ])
    }

    /// Whatever comes, the image is well formed and no coordinate is out of bounds or not a number.
    @Test(arguments: [
        SpectrumPlot(curves: [], marks: []),
        SpectrumPlot(curves: [], marks: [.init(name: "m", values: [3])]),
        SpectrumPlot(curves: [], marks: [.init(name: "m", values: [0, 0], areSingularValues: true)]),
        SpectrumPlot(curves: [], marks: [.init(name: "m", values: [-1e308, 1e308, 1.7e308])]),
        SpectrumPlot(curves: [], marks: [.init(name: "m", values: [.leastNonzeroMagnitude])]),
        SpectrumPlot(curves: [], marks: [.init(name: "m", values: [1e17, 1e17 + 16])]),
        SpectrumPlot(curves: [.init(name: "c", places: [0, 1], densities: [0, 0])], marks: []),
        SpectrumPlot(
            curves: [.init(name: "c", places: [0, 1], densities: [.leastNonzeroMagnitude, 1e300])], marks: []),
        SpectrumPlot(
            curves: [.init(name: "c", places: [0, .nan, 1], densities: [.infinity, 1, .nan])],
            marks: [.init(name: "m", values: [.nan, .infinity])]),
        SpectrumPlot(
            curves: [.init(name: "c", places: [0, 1], densities: [.leastNonzeroMagnitude, 1e300])], marks: [],
            densityAxis: .logarithmic
        ),
    ]) func anythingCanBeDrawn(_ plot: SpectrumPlot) throws {
        #expect(plot.svg == plot.svg)
        for element in try SVGDocument(plot.svg).elements {
            for attribute in ["x", "y", "x1", "x2", "y1", "y2", "width", "height"]
            where element.attributes[attribute] != nil {
                #expect((-1...2000).contains(element.number(attribute)), "\(element)")
            }
            #expect(element.attributes["d"].map { $0.contains("n") } != true, "\(element)")
        }
    }

    // MARK: Ticks

    struct TickCase: Sendable {
        var range: ClosedRange<Double>
        var labels: [String]
    }
    @Test(arguments: [
        TickCase(range: 0...1, labels: ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]),
        TickCase(range: -0.31...0.12, labels: ["−0.3", "−0.2", "−0.1", "0.0", "0.1"]),
        TickCase(range: 0.00012...0.00048, labels: ["0.0002", "0.0003", "0.0004"]),
        TickCase(range: 0...2.4e-7, labels: ["0", "5e-8", "1e-7", "1.5e-7", "2e-7"]),
        TickCase(range: -130...910, labels: ["0", "200", "400", "600", "800"]),
        TickCase(range: 0...450_000, labels: ["0", "100000", "200000", "300000", "400000"]),
        TickCase(range: -2e7...1.1e7, labels: ["−2e7", "−1e7", "0", "1e7"]),
        TickCase(range: 99.9...100.1, labels: ["99.90", "99.95", "100.00", "100.05", "100.10"]),
    ]) func ticksAreRound(_ expected: TickCase) {
        let ticks = PlotAxis(scale: .linear, values: expected.range, start: 0, end: 1).ticks(count: 6)
        let labels = ticks.map { tick in if case .text(let text) = tick.label { text } else { "10^" } }
        #expect(labels == expected.labels)
        // What is written is what is marked.
        for (label, tick) in zip(labels, ticks) { #expect(number(label) == tick.value) }
    }

    @Test func powersOfTen() {
        let axis = PlotAxis(scale: .logarithmic, values: 1e-20...1e3, start: 0, end: 1)
        let ticks = axis.ticks(count: 8)
        #expect(ticks.map(\.value) == [1e-18, 1e-15, 1e-12, 1e-9, 1e-6, 1e-3, 1, 1e3])
        #expect(ticks[0].label == .powerOfTen(-18))
        #expect(abs(axis.position(1e-20)) < 1e-12 && abs(axis.position(1e3) - 1) < 1e-12)
    }
}
