import Kernels
import Testing

@testable import TensorIR

@Suite struct PatchGramTests {
    struct Case: Sendable {
        var space: [Int], taps: [Int], strides: [Int], dilations: [Int], padLow: [Int], padHigh: [Int]
        var channels = 2
    }
    static let cases = [
        Case(space: [7], taps: [3], strides: [1], dilations: [1], padLow: [1], padHigh: [1]),
        Case(space: [9], taps: [2], strides: [3], dilations: [2], padLow: [0], padHigh: [4]),
        Case(space: [5, 6], taps: [3, 3], strides: [1, 1], dilations: [1, 1], padLow: [1, 1], padHigh: [1, 1]),
        Case(space: [6, 5], taps: [3, 2], strides: [2, 1], dilations: [1, 2], padLow: [1, 0], padHigh: [0, 3]),
        Case(space: [4, 3], taps: [2, 3], strides: [1, 2], dilations: [1, 1], padLow: [3, 4], padHigh: [0, 1]),
        // Several tiles of the output, and chunks of rows.
        Case(
            space: [17, 40], taps: [3, 3], strides: [1, 1], dilations: [1, 1], padLow: [1, 1], padHigh: [1, 1],
            channels: 12),
    ]

    /// Against patches one by one; symmetric to the last bit, and added to what was there.
    @Test(arguments: cases, [Storage.float32, .float64])
    func patches(own: Case, precision: Storage) throws {
        let (examples, space) = (3, own.space)
        let geometry = ConvolutionGeometry(
            strides: own.strides, dilations: own.dilations, padLow: own.padLow, padHigh: own.padHigh, groups: 1)
        let graph = TensorGraph()
        let x = try graph.input(
            .data("x"), TensorType(Shape([.examples, Dimension(own.channels)] + space.map { Dimension($0) })))
        let last = try graph.input(.data("last"), TensorType([.examples]))
        var generator = SeededGenerator(seed: 5)
        let count = examples * own.channels * space.reduce(1, *)
        let values = (0..<count).map { _ in Double(Float.random(in: -1...1, using: &generator)) }
        let lasts = [0.5, 1, 2.0]
        for isExtended in [false, true] {
            let gram = try graph.append(PatchGram(geometry, taps: own.taps), isExtended ? [x, last] : [x])
            let features = own.channels * own.taps.reduce(1, *) + (isExtended ? 1 : 0)
            let before = (0..<features * features).map { Double($0 / features + $0 % features) }
            let interpreter = Interpreter(
                graph, leaves: [x: values, last: lasts], examples: examples, precision: precision)
            let (got, added) = (interpreter.value(gram), interpreter.accumulated(gram, onto: before))
            #expect(interpreter.miscounts.isEmpty)
            var want = [Double](repeating: 0, count: features * features)
            let windows = space.indices.map { geometry.outputExtent(axis: $0, input: space[$0], kernel: own.taps[$0]) }
            for (example, windows) in own.patches(values, geometry, images: examples).enumerated() {
                for window in windows {
                    let patch = window + (isExtended ? [lasts[example]] : [])
                    for i in 0..<features { for j in 0..<features { want[i * features + j] += patch[i] * patch[j] } }
                }
            }
            let tolerance = (precision == .float32 ? 2e-6 : 1e-14) * Double(examples * windows.reduce(1, *))
            for i in 0..<features {
                for j in 0..<features {
                    let place = i * features + j
                    #expect(abs(got.values[place] - want[place]) < tolerance)
                    #expect(abs(added.values[place] - want[place] - Double(i + j)) < tolerance)
                    #expect(got.values[place] == got.values[j * features + i])
                }
            }
        }
    }
}
