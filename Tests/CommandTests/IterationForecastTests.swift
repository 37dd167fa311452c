import Curvature
import Foundation
import Testing

@testable import CurvatureCommand

/// What is said of the time left, by a clock of the tests' own.
@Suite struct IterationForecastTests {
    /// After reports of these measures, the first one as number 1, each `seconds` after the one before.
    private func left(
        _ measures: [Double], _ goal: IterationProgress.Goal, seconds: Double = 0.5, step: Int = 1
    ) -> Double? {
        var forecast = IterationForecast()
        for (index, measure) in measures.enumerated() {
            forecast.observe(
                IterationProgress(number: step * (index + 1), measure: measure, goal: goal, unit: .iterations),
                at: 100 + seconds * Double(index))
        }
        return forecast.secondsLeft
    }

    @Test func fixedSamples() throws {
        let none = [Double](repeating: .infinity, count: 20)
        #expect(left(none, .total(50)) == 15)
        // Eight samples in a block, 20 blocks of 25.
        #expect(try #require(left(none, .total(200), step: 8)) == 2.5)
        #expect(left(Array(none.prefix(1)), .total(50)) == nil)
        #expect(left([], .total(50)) == nil)
        #expect(left(none, .total(20)) == 0)
        #expect(left(none, .open) == nil)
    }

    /// Half a digit an iteration: after 10 of them 1e-5, so that 1e-8 takes six more.
    @Test func residualsThatFallEvenly() throws {
        let measures = (1...10).map { pow(10, -Double($0) / 2) }
        #expect(abs(try #require(left(measures, .residual(1e-8, most: 1000))) - 6 * 0.5) < 1e-9)
        #expect(abs(try #require(left(measures, .residual(1e-8, most: nil))) - 6 * 0.5) < 1e-9)
        // max_iterations comes before.
        #expect(abs(try #require(left(measures, .residual(1e-8, most: 12))) - 2 * 0.5) < 1e-9)
        #expect(left(measures, .residual(1e-3, most: 1000)) == 0)
        #expect(left(Array(measures.prefix(5)), .residual(1e-8, most: 1000)) == nil)
    }

    /// The rate is the later one: slow from the 30th iteration on.
    @Test func residualsThatSlowDown() throws {
        let measures = (1...30).map { pow(10, -Double($0) / 5) } + (1...40).map { pow(10, -6 - Double($0) / 50) }
        let estimate = try #require(left(measures, .residual(1e-8, most: nil)))
        // 1.2 digits of 1/50 each.
        #expect(abs(estimate - 60 * 0.5) < 0.01)
    }

    @Test func residualsThatGoUpAndDown() throws {
        let measures = (1...40).map { pow(10, -Double($0) / 10 + ($0 % 2 == 0 ? 0.3 : -0.3)) }
        let estimate = try #require(left(measures, .residual(1e-6, most: nil)))
        #expect(abs(estimate - 20 * 0.5) < 2)
    }

    @Test(
        arguments: [
            { _ in 0.3 }, { 1e-3 * pow(1.1, $0) }, { 0.1 * (1 + 0.5 * sin(2 * $0)) }, { _ in .nan }, { _ in 0 },
        ] as [@Sendable (Double) -> Double])
    func nothingIsSaidOfWhatDoesNotFall(_ measure: @Sendable (Double) -> Double) {
        let measures = (1...30).map { measure(Double($0)) }
        #expect(left(measures, .residual(1e-6, most: 1000)) == nil)
    }

    /// A quarter of the error takes 16 times the samples.
    @Test func standardErrors() throws {
        let measures = (1...100).map { 0.4 / Double($0).squareRoot() }
        #expect(abs(try #require(left(measures, .standardError(0.01, most: 10_000))) - 1500 * 0.5) < 1e-6)
        #expect(abs(try #require(left(measures, .standardError(0.01, most: 300))) - 200 * 0.5) < 1e-9)
        #expect(left([.infinity, .infinity, 0.1], .standardError(0.01, most: 300)) == nil)
    }

    @Test func theNextIterationStartsAnew() throws {
        var forecast = IterationForecast()
        func take(_ number: Int, _ seconds: Double, _ total: Int = 10) {
            forecast.observe(
                IterationProgress(number: number, measure: .infinity, goal: .total(total), unit: .samples), at: seconds)
        }
        for number in 1...10 { take(number, Double(number)) }
        #expect(forecast.secondsLeft == 0)
        take(1, 100)
        #expect(forecast.secondsLeft == nil)
        take(2, 103)
        #expect(forecast.secondsLeft == 24)
        take(3, 106, 5)
        #expect(forecast.secondsLeft == nil)
    }

    @Test func oldReportsAreForgotten() throws {
        let measures = (1...5000).map { pow(10, -Double($0) / 1000) }
        #expect(abs(try #require(left(measures, .residual(1e-6, most: nil))) - 500) < 1)
    }

    // MARK: The line

    private func report(
        _ number: Int, _ measure: Double, _ goal: IterationProgress.Goal, _ unit: IterationProgress.Unit, depth: Int = 0
    ) -> RunProgress {
        .iteration(IterationProgress(number: number, measure: measure, goal: goal, unit: unit, depth: depth))
    }

    @Test func linesOfIterations() {
        var text = ProgressText()
        for number in 1...4 { text.take(report(number, .infinity, .total(100), .samples), at: Double(number)) }
        #expect(text.line(at: 4.2) == "4 of 100 samples, about 1 min 36 s left, 4 s")
        // A solve within: the time is the outer one's.
        text.take(report(7, 1.5e-3, .residual(1e-5, most: 1000), .iterations, depth: 1), at: 5)
        text.take(.batch(done: 2, total: 3), at: 5)
        #expect(
            text.line(at: 5.7)
                == "4 of 100 samples, iteration 7, relative residual 1.5e-03, 2 of 3 batches, about 1 min 36 s left, 5 s"
        )
        text.take(.iterationEnded(depth: 1), at: 6)
        #expect(text.line(at: 6) == "4 of 100 samples, about 1 min 36 s left, 6 s")
        text.take(.iterationEnded(depth: 0), at: 7)
        text.take(.batch(done: 1, total: 5), at: 10)
        #expect(text.line(at: 10) == "1 of 5 batches, 10 s")
        text.take(.batch(done: 3, total: 5), at: 14)
        #expect(text.line(at: 14) == "3 of 5 batches, about 4 s left, 14 s")
    }

    @Test func aSolveInAnIterationThatHasNotReported() {
        var text = ProgressText()
        text.take(report(1, 0.5, .residual(1e-5, most: 1000), .iterations, depth: 1), at: 1)
        #expect(text.line(at: 1) == "iteration 1, relative residual 5.0e-01, 1 s")
    }

    @Test func durations() {
        let texts = [0.2, 59.9, 61, 3599, 7260, 1e30].map { ProgressText.duration($0) }
        #expect(texts == ["1 s", "1 min 0 s", "1 min 1 s", "59 min 59 s", "2 h 1 min", "1111111 h 6 min"])
    }
}
