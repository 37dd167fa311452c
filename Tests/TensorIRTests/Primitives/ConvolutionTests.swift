import Kernels
import Testing

@testable import TensorIR

@Suite struct ConvolutionTests {
    struct Setting: CustomStringConvertible {
        var description: String
        /// One for each spatial axis.
        var extents: [Int]
        var taps: [Int]
        /// Channels and outputs of one group.
        var channels = 2
        var outputs = 3
        var geometry: ConvolutionGeometry

        init(
            _ description: String, _ extents: [Int], taps: [Int], strides: [Int]? = nil, dilations: [Int]? = nil,
            low: [Int]? = nil, high: [Int]? = nil, groups: Int = 1, channels: Int = 2, outputs: Int = 3
        ) {
            (self.description, self.extents, self.taps) = (description, extents, taps)
            (self.channels, self.outputs) = (channels, outputs)
            let (ones, zeros) = (extents.map { _ in 1 }, extents.map { _ in 0 })
            geometry = ConvolutionGeometry(
                strides: strides ?? ones, dilations: dilations ?? ones, padLow: low ?? zeros, padHigh: high ?? zeros,
                groups: groups)
        }

        var windows: [Int] { extents.indices.map { geometry.outputSize(extents[$0], taps: taps[$0], axis: $0) } }
        var x: Shape { Shape([.examples, Dimension(channels * geometry.groups)] + extents.map { Dimension($0) }) }
        var w: Shape { Shape([outputs * geometry.groups, channels] + taps) }
        var y: Shape { Shape([.examples, Dimension(outputs * geometry.groups)] + windows.map { Dimension($0) }) }

        /// The trilinear form sum of y conv(x, w): calls `body` with the indices of each product in x, w and y.
        func forEachProduct(examples: Int, _ body: ([Int], [Int], [Int]) -> Void) {
            for b in 0..<examples {
                for output in 0..<outputs * geometry.groups {
                    for channel in 0..<channels {
                        for window in Dense.indices(windows) {
                            for tap in Dense.indices(taps) {
                                let place = extents.indices.map {
                                    window[$0] * geometry.strides[$0] + tap[$0] * geometry.dilations[$0]
                                        - geometry.padLow[$0]
                                }
                                guard zip(place, extents).allSatisfy({ (0..<$1).contains($0) }) else { continue }
                                let group = output / outputs
                                body(
                                    [b, group * channels + channel] + place, [output, channel] + tap,
                                    [b, output] + window)
                            }
                        }
                    }
                }
            }
        }
    }

    static let settings = [
        Setting("1-D", [6], taps: [3]),
        Setting("1-D, strided, dilated, padded", [9], taps: [3], strides: [2], dilations: [2], low: [1], high: [2]),
        Setting("1-D, groups", [5], taps: [2], low: [0], high: [1], groups: 2),
        Setting("2-D", [4, 5], taps: [3, 2]),
        Setting("pointwise", [3, 2], taps: [1, 1], channels: 4),
        Setting("pointwise, strided", [4, 5], taps: [1, 1], strides: [2, 3]),
        Setting("padded on one side", [4, 3], taps: [2, 3], low: [0, 2], high: [1, 0]),
        Setting("strided with a rest", [6, 7], taps: [3, 2], strides: [2, 3], low: [1, 0], high: [0, 1]),
        Setting("dilated", [6, 7], taps: [2, 3], dilations: [3, 2], low: [1, 1], high: [1, 1]),
        Setting("depthwise", [4, 4], taps: [3, 3], low: [1, 1], high: [1, 1], groups: 3, channels: 1, outputs: 1),
        Setting("depthwise, two outputs", [4, 3], taps: [2, 2], groups: 2, channels: 1, outputs: 2),
        Setting(
            "groups, strided, dilated", [5, 6], taps: [2, 2], strides: [2, 1], dilations: [1, 2], low: [1, 0],
            high: [0, 2], groups: 2),
        Setting("strides beyond the taps", [7, 5], taps: [2, 1], strides: [3, 2], channels: 1, outputs: 1),
    ]

    @Test(arguments: settings)
    func output(_ setting: Setting) throws {
        try expectDerivativesMatch([.uniform(setting.x), .uniform(setting.w)], seed: 1, examples: 2) { graph, x in
            let y = try graph.append(Convolution(.output, setting.geometry), x[0], x[1])
            #expect(graph.shape(y) == setting.y)
            return y
        } reference: { x in
            var y = Dense(setting.y.sizes(examples: 2)) { _ in 0 }
            setting.forEachProduct(examples: 2) { image, tap, window in y[window] += x[0][image] * x[1][tap] }
            return y
        }
    }
    /// As ConvTranspose uses it.
    @Test(arguments: settings)
    func input(_ setting: Setting) throws {
        try expectDerivativesMatch([.uniform(setting.w), .uniform(setting.y)], seed: 2, examples: 2) { graph, x in
            try graph.append(Convolution(.input, setting.geometry, space: setting.extents), x[0], x[1])
        } reference: { x in
            var result = Dense(setting.x.sizes(examples: 2)) { _ in 0 }
            setting.forEachProduct(examples: 2) { image, tap, window in result[image] += x[0][tap] * x[1][window] }
            return result
        }
    }
    @Test(arguments: settings)
    func weight(_ setting: Setting) throws {
        try expectDerivativesMatch([.uniform(setting.x), .uniform(setting.y)], seed: 3, examples: 2) { graph, x in
            let w = try graph.append(Convolution(.weight, setting.geometry, space: setting.taps), x[0], x[1])
            #expect(graph.shape(w) == setting.w)
            return w
        } reference: { x in
            var w = Dense(setting.w.numbers!) { _ in 0 }
            setting.forEachProduct(examples: 2) { image, tap, window in w[tap] += x[0][image] * x[1][window] }
            return w
        }
    }

    /// Operands that are views are copied for the kernel.
    @Test func ofViews() throws {
        let setting = ConvolutionTests.settings[6]
        let transposed: Shape = [Dimension(2), .examples, 3, 4]
        try expectDerivativesMatch([.uniform(transposed), .uniform([3, 2, 2])], seed: 4, examples: 2) { graph, x in
            let image = try graph.permute(x[0], [1, 0, 3, 2])
            let taps = try graph.broadcast(x[1], to: setting.w, axes: [0, 1, 2])
            return try graph.append(Convolution(.output, setting.geometry), graph.square(image), taps)
        } reference: { x in
            var y = Dense(setting.y.sizes(examples: 2)) { _ in 0 }
            setting.forEachProduct(examples: 2) { image, tap, window in
                let value = x[0][image[1], image[0], image[3], image[2]]
                y[window] += value * value * x[1][tap[0], tap[1], tap[2]]
            }
            return y
        }
    }

    /// Twice the same image: the tangents of both operands of a product meet in one node.
    @Test func squareOfConvolution() throws {
        let setting = ConvolutionTests.settings[3]
        try expectDerivativesMatch([.uniform(setting.x), .uniform(setting.w)], seed: 5, examples: 2) { graph, x in
            let y = try graph.append(Convolution(.output, setting.geometry), x[0], x[1])
            return try graph.sum(graph.unary(.tanh, y), axes: [0, 2, 3])
        }
    }

    @Test(arguments: [Storage.float32, .float64])
    func accumulation(precision: Storage) throws {
        for setting in ConvolutionTests.settings {
            let graph = TensorGraph()
            let x = try graph.input(.value(0), TensorType(setting.x))
            let w = try graph.input(.value(1), TensorType(setting.w))
            let y = try graph.input(.value(2), TensorType(setting.y))
            // Whole numbers: both precisions are exact.
            let leaves = Dictionary(
                uniqueKeysWithValues: [x, w, y].map { leaf in
                    (leaf, (0..<graph.shape(leaf).count(examples: 2)).map { Double($0 % 5 - 2) })
                })
            let interpreter = Interpreter(graph, leaves: leaves, examples: 2, precision: precision)
            for (convolution, a, b) in [
                (Convolution(.output, setting.geometry), x, w),
                (Convolution(.input, setting.geometry, space: setting.extents), w, y),
                (Convolution(.weight, setting.geometry, space: setting.taps), x, y),
            ] {
                let node = try graph.append(convolution, a, b)
                let value = interpreter.value(node)
                let before = value.values.indices.map { Double($0 % 3) }
                #expect(
                    interpreter.accumulated(node, onto: before).values == zip(value.values, before).map { $0 + $1 },
                    "\(setting), \(convolution.name)")
            }
        }
    }
}
