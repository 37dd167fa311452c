import Curvature
import Foundation

/// Trains the digits network with the curvature of every step, then measures what the curvature costs.
@main
struct Training {
    static let (batchSize, epochs, rate) = (256, 24, 0.2)

    static func main() throws {
        let path = CommandLine.arguments.dropFirst().first ?? "docs/examples/digits/cnn_data.safetensors"
        let digits = try Digits(contentsOf: URL(fileURLWithPath: path))
        var random = SeededOrder(seed: 0)
        var options = PlanOptions()
        options.batchSize = batchSize

        let batches = digits.batches(of: batchSize, using: &random)
        let problem = try DigitsNetwork.problem(batches[0]) { size in
            normalized((0..<size).map { _ in Double.random(in: -1...1, using: &random) })
        }
        try train(digits, problem, options, &random)
        try compare(problem, batches, options)
    }

    private static func train(
        _ digits: Digits, _ problem: Problem, _ options: PlanOptions, _ random: inout SeededOrder
    ) throws {
        let loop = try TrainingLoop(problem, rate: rate, options: options)
        print("one plan for \(TrainingLoop.requests.joined(separator: ", ")):")
        print("\(loop.execution.plan.dataPasses) data passes, \(loop.execution.plan.matmulFlops) matmul flops a step\n")
        print("epoch    loss   along the gradient   top direction   (steps of \(rate) are stable below \(2 / rate))")
        for epoch in 1...epochs {
            var sums = TrainingLoop.Step(loss: 0, along: 0, top: 0)
            let batches = digits.batches(of: batchSize, using: &random)
            for batch in batches {
                let step = try loop.step(batch)
                sums.loss += step.loss
                sums.along += step.along
                sums.top += step.top
            }
            let count = Double(batches.count)
            if epoch == 1 || epoch % 4 == 0 {
                print(
                    String(
                        format: "%5d %7.4f %20.3f %15.3f", epoch, sums.loss / count, sums.along / count,
                        sums.top / count))
            }
        }
    }

    private static func compare(_ problem: Problem, _ batches: [Batch], _ options: PlanOptions) throws {
        let cases = [
            ("hessian @ u", ["Hu = hessian @ u"]), ("ggn @ u", ["Gu = ggn @ u"]),
            ("empirical_fisher @ u", ["Eu = empirical_fisher @ u"]),
            ("hessian @ gradient", ["Hg = hessian @ gradient"]),
            (
                "the loop's own",
                TrainingLoop.requests.filter { $0 != "loss" && $0 != "gradient" }
            ),
        ]
        print("\nextra over loss and gradient alone, as a part of their time (of their matmul flops):")
        print("curvature               one plan        two plans       two plans / one plan (quartiles)")
        for (name, requests) in cases {
            let outcome = try SharingMeasurement.measure(
                requests, problem, batches, options: options, rate: rate, rounds: 61)
            print(
                name.padding(toLength: 22, withPad: " ", startingAt: 0)
                    + String(
                        format: "%5.2f (%.2f)    %5.2f (%.2f)    %.2f (%.2f-%.2f)", outcome.fused, outcome.fusedFlops,
                        outcome.separate, outcome.separateFlops, outcome.ratio.median, outcome.ratio.lower,
                        outcome.ratio.upper))
        }
    }
}
