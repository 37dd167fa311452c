import Foundation
import Testing

@testable import Curvature

/// A layer, what it takes, what its parameters are called, and its reference.
struct LayerCase: Sendable, CustomTestStringConvertible {
    let name: String
    let layer: any Layer
    /// Of one example.
    let input: [Int]
    var isInteger = false
    let parameters: [String: [Int]]
    let reference: @Sendable (LayerReferences, Grid) -> Grid
    var testDescription: String { name }

    init(
        _ name: String, _ layer: any Layer, _ input: [Int], isInteger: Bool = false,
        _ parameters: [String: [Int]] = [:],
        _ reference: @escaping @Sendable (LayerReferences, Grid) -> Grid
    ) {
        (self.name, self.layer, self.input, self.isInteger) = (name, layer, input, isInteger)
        (self.parameters, self.reference) = (parameters, reference)
    }

    static let all = basic + spatial + normalizations + sequences + activations

    static let basic = [
        LayerCase("linear", Linear(3), [4], ["weight": [3, 4], "bias": [3]]) { $0.linear($1) },
        LayerCase("linear without bias", Linear(3, hasBias: false), [2, 4], ["weight": [3, 4]]) { $0.linear($1) },
        LayerCase("flatten", Flatten(), [2, 3]) { Grid([6], $1.values) },
        LayerCase("dropout", Dropout(0.3), [3]) { $1 },
        LayerCase("lambda", Lambda { try $0 * 2 + 1 }, [3]) { $1.map { 2 * $0 + 1 } },
        LayerCase("repeated", Repeated(Linear(3), times: 3), [3], ["weight": [3, 3], "bias": [3]]) {
            $0.linear($0.linear($0.linear($1)))
        },
        LayerCase("residual", Residual(Activation.tanh), [3]) { $1 + $1.map { tanh($0) } },
        LayerCase(
            "residual with shortcut",
            Residual(Sequential(Activation.tanh, Linear(2)), shortcut: Linear(2, hasBias: false)),
            [3], ["body.1.weight": [2, 3], "body.1.bias": [2], "shortcut.weight": [2, 3]]
        ) { $0.child("body.1").linear($1.map { tanh($0) }) + $0.child("shortcut").linear($1) },
        LayerCase(
            "named parts", Sequential(named: ["first": Linear(2), "second": Linear(3)]), [3],
            ["first.weight": [2, 3], "first.bias": [2], "second.weight": [3, 2], "second.bias": [3]]
        ) { $0.child("second").linear($0.child("first").linear($1)) },
    ]

    static let spatial = [
        LayerCase(
            "convolution 1D", Convolution1D(4, size: 3, stride: 2, padding: 1, dilation: 2, groups: 2), [2, 9],
            ["weight": [4, 1, 3], "bias": [4]]
        ) {
            $0.convolution(
                $1, LayerWindow(sizes: [3], strides: [2], paddings: [1], dilations: [2]), groups: 2)
        },
        LayerCase(
            "convolution 2D", Convolution2D(3, window: uneven, hasBias: false), [2, 6, 5], ["weight": [3, 2, 3, 2]]
        ) { $0.convolution($1, uneven, groups: 1) },
        LayerCase(
            "grouped convolution 2D", Convolution2D(6, size: 2, padding: 1, groups: 2), [4, 3, 4],
            ["weight": [6, 2, 2, 2], "bias": [6]]
        ) {
            $0.convolution($1, LayerWindow(axes: 2, size: 2, stride: 1, padding: 1, dilation: 1), groups: 2)
        },
        LayerCase(
            "transposed convolution 1D", TransposedConvolution1D(3, size: 4, stride: 3, padding: 1, outputPadding: 2),
            [2, 3], ["weight": [2, 3, 4], "bias": [3]]
        ) {
            $0.transposedConvolution(
                $1, LayerWindow(axes: 1, size: 4, stride: 3, padding: 1, dilation: 1), outputPadding: 2, groups: 1)
        },
        LayerCase(
            "transposed convolution 2D", TransposedConvolution2D(4, window: uneven, groups: 2, hasBias: false),
            [2, 3, 4], ["weight": [2, 2, 3, 2]]
        ) { $0.transposedConvolution($1, uneven, outputPadding: 0, groups: 2) },
        LayerCase("max pooling 1D", MaxPooling1D(size: 3, stride: 2, padding: 1), [2, 8]) {
            $0.pooling($1, LayerWindow(axes: 1, size: 3, stride: 2, padding: 1, dilation: 1)) { inside, _ in
                inside.max()!
            }
        },
        LayerCase("max pooling 2D", MaxPooling2D(window: uneven), [2, 7, 6]) {
            $0.pooling($1, uneven) { inside, _ in inside.max()! }
        },
        LayerCase("average pooling 1D", AveragePooling1D(size: 2), [2, 7]) {
            $0.pooling($1, LayerWindow(axes: 1, size: 2, stride: 2, padding: 0, dilation: 1)) {
                $0.reduce(0, +) / Double($1)
            }
        },
        LayerCase("average pooling 2D", AveragePooling2D(size: 3, stride: 1, padding: 1), [2, 3, 4]) {
            $0.pooling($1, LayerWindow(axes: 2, size: 3, stride: 1, padding: 1, dilation: 1)) {
                $0.reduce(0, +) / Double($1)
            }
        },
        LayerCase(
            "average pooling 2D without padding",
            AveragePooling2D(size: 3, stride: 2, padding: 1, countsPadding: false),
            [2, 3, 4]
        ) {
            $0.pooling($1, LayerWindow(axes: 2, size: 3, stride: 2, padding: 1, dilation: 1)) { inside, _ in
                inside.reduce(0, +) / Double(inside.count)
            }
        },
        LayerCase("global average pooling", GlobalAveragePooling(), [3, 2, 2]) { _, x in
            Grid([3]) { place in Grid.places([2, 2]).reduce(0) { $0 + x[place + $1] } / 4 }
        },
        LayerCase("global max pooling", GlobalMaxPooling(), [3, 5]) { _, x in
            Grid([3]) { place in Grid.places([5]).map { x[place + $0] }.max()! }
        },
    ]
    static let uneven = LayerWindow(sizes: [3, 2], strides: [2, 1], paddings: [1, 0], dilations: [1, 2])

    static let normalizations = [
        LayerCase(
            "batch normalization", BatchNormalization(), [3, 2, 2],
            ["weight": [3], "bias": [3], "running_mean": [3], "running_var": [3]]
        ) { $0.batchNormalization($1) },
        LayerCase("layer normalization", LayerNormalization(), [2, 5], ["weight": [5], "bias": [5]]) {
            $0.normalization($1)
        },
        LayerCase(
            "layer normalization of two axes", LayerNormalization(axes: 2, hasBias: false), [2, 3, 2],
            ["weight": [3, 2]]
        ) { $0.normalization($1, axes: 2) },
        LayerCase("RMS normalization", RMSNormalization(), [2, 5], ["weight": [5]]) {
            $0.normalization($1, isCentred: false)
        },
        LayerCase("group normalization", GroupNormalization(groups: 2), [4, 3], ["weight": [4], "bias": [4]]) {
            $0.groupNormalization($1, groups: 2)
        },
    ]

    static let sequences = [
        LayerCase("embedding", Embedding(5, features: 3), [4], isInteger: true, ["weight": [5, 3]]) { references, x in
            Grid([4, 3]) { references.parameter("weight")[Int(x[$0[0]]), $0[1]] }
        },
        LayerCase("position embedding", PositionEmbedding(6), [4, 3], ["weight": [6, 3]]) { references, x in
            Grid([4, 3]) { x[$0] + references.parameter("weight")[$0] }
        },
        LayerCase("attention", MultiHeadAttention(heads: 2), [3, 4], attentionParameters()) {
            $0.attention($1, heads: 2, isCausal: false)
        },
        LayerCase("causal attention", MultiHeadAttention(heads: 1, isCausal: true), [3, 4], attentionParameters()) {
            $0.attention($1, heads: 1, isCausal: true)
        },
        LayerCase(
            "feed-forward", FeedForward(hidden: 5), [2, 3],
            ["0.weight": [5, 3], "0.bias": [5], "2.weight": [3, 5], "2.bias": [3]]
        ) { $0.feedForward($1, LayerReferences.gelu) },
        LayerCase("transformer block", TransformerBlock(heads: 2, hidden: 5), [3, 4], blockParameters) {
            let attended =
                $1 + $0.child("attention").attention($0.child("norm1").normalization($1), heads: 2, isCausal: false)
            return attended
                + $0.child("feed_forward").feedForward($0.child("norm2").normalization(attended), LayerReferences.gelu)
        },
        LayerCase(
            "transformer block, normalized last",
            TransformerBlock(heads: 2, hidden: 5, isCausal: true, activation: .tanh, normalizesFirst: false), [3, 4],
            blockParameters
        ) {
            let attended = $0.child("norm1").normalization(
                $1 + $0.child("attention").attention($1, heads: 2, isCausal: true))
            return $0.child("norm2").normalization(
                attended + $0.child("feed_forward").feedForward(attended) { tanh($0) })
        },
    ]
    private static func attentionParameters(_ prefix: String = "") -> [String: [Int]] {
        var shapes: [String: [Int]] = [:]
        for part in ["query", "key", "value", "output"] {
            shapes["\(prefix)\(part).weight"] = [4, 4]
            shapes["\(prefix)\(part).bias"] = [4]
        }
        return shapes
    }
    private static var blockParameters: [String: [Int]] {
        var shapes = attentionParameters("attention.")
        for norm in ["norm1", "norm2"] { (shapes["\(norm).weight"], shapes["\(norm).bias"]) = ([4], [4]) }
        (shapes["feed_forward.0.weight"], shapes["feed_forward.0.bias"]) = ([5, 4], [5])
        (shapes["feed_forward.2.weight"], shapes["feed_forward.2.bias"]) = ([4, 5], [4])
        return shapes
    }

    static let activations: [LayerCase] = {
        @Sendable func softmax(_ x: Grid) -> Grid {
            Grid(x.shape) { place in
                exp(x[place]) / (0..<x.shape[1]).reduce(0) { $0 + exp(x[place[0], $1]) }
            }
        }
        let elementwise: [(Activation, @Sendable (Double) -> Double)] = [
            (.identity, { $0 }), (.relu, { max($0, 0) }), (.gelu, LayerReferences.gelu),
            (.geluTanh, { $0 / 2 * (1 + tanh((2 / Double.pi).squareRoot() * ($0 + 0.044715 * $0 * $0 * $0))) }),
            (.silu, { $0 / (1 + exp(-$0)) }), (.tanh, { tanh($0) }), (.sigmoid, { 1 / (1 + exp(-$0)) }),
            (.softplus, { log(1 + exp($0)) }), (.leakyRelu(slope: 0.2), { $0 > 0 ? $0 : 0.2 * $0 }),
            (.elu(alpha: 1.5), { $0 > 0 ? $0 : 1.5 * (exp($0) - 1) }),
        ]
        return elementwise.map { activation, function in
            LayerCase("\(activation)", activation, [2, 4]) { _, x in x.map(function) }
        } + [
            LayerCase("softmax", Activation.softmax(), [2, 4]) { _, x in softmax(x) },
            LayerCase("logSoftmax", Activation.logSoftmax(axis: 2), [2, 4]) { _, x in softmax(x).map { log($0) } },
        ]
    }()
}
