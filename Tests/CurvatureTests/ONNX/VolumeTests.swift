import Foundation
import Testing

@testable import ONNXImport

/// Convolution and pooling over three axes, and the places of maxima, against loops over windows.
@Suite struct VolumeTests {
    typealias Attribute = ONNXTestModel.Attribute

    struct Volume {
        var channels: Int
        var sizes: [Int]
        var values: [Double]
        init(_ channels: Int, _ sizes: [Int], _ values: [Double]? = nil) {
            (self.channels, self.sizes) = (channels, sizes)
            self.values = values ?? (0..<(channels * sizes.reduce(1, *))).map { sin(Double($0 * $0 + 3 * $0 + 1)) }
        }
        func index(_ channel: Int, _ at: [Int]) -> Int? {
            var index = channel
            for (size, position) in zip(sizes, at) {
                guard (0..<size).contains(position) else { return nil }
                index = index * size + position
            }
            return index
        }
        subscript(channel: Int, at: [Int]) -> Double? { index(channel, at).map { values[$0] } }
        static func positions(_ sizes: [Int]) -> [[Int]] {
            sizes.reduce([[]]) { all, size in all.flatMap { prefix in (0..<size).map { prefix + [$0] } } }
        }
    }
    static let input = Volume(2, [4, 5, 3])
    static let (taps, strides, dilations, pads) = ([3, 2, 2], [2, 1, 2], [1, 2, 1], [1, 0, 1, 1, 2, 0])
    static let attributes: [String: Attribute] = [
        "strides": .ints(strides), "dilations": .ints(dilations), "pads": .ints(pads),
    ]
    static func reach(_ axis: Int) -> Int { dilations[axis] * (taps[axis] - 1) + 1 }
    static let space: [Int] = (0..<3).map { axis in
        let padded: Int = input.sizes[axis] + pads[axis] + pads[axis + 3]
        return (padded - reach(axis)) / strides[axis] + 1
    }
    /// Where a tap of a window lies in the input.
    static func place(_ window: [Int], _ tap: [Int]) -> [Int] {
        (0..<3).map { window[$0] * strides[$0] + tap[$0] * dilations[$0] - pads[$0] }
    }
    static func apply(_ type: String, _ input: Volume, _ weights: [ONNXTensorProto], _ extra: [String: Attribute])
        throws -> [Double]
    {
        try OperatorTests.apply(
            type, [input.channels] + input.sizes, input.values, weights, attributes.merging(extra) { $1 }, opset: 22)
    }

    @Test func convolution() throws {
        let weight = Volume(3 * 2, Self.taps)
        var wanted: [Double] = []
        for output in 0..<3 {
            for window in Volume.positions(Self.space) {
                var sum = Double(output) / 10
                for channel in 0..<2 {
                    for tap in Volume.positions(Self.taps) {
                        let value: Double = Self.input[channel, Self.place(window, tap)] ?? 0
                        sum += value * weight[output * 2 + channel, tap]!
                    }
                }
                wanted.append(sum)
            }
        }
        let tensors = [
            OperatorTests.reals([3, 2] + Self.taps, weight.values), OperatorTests.reals([3], [0, 0.1, 0.2]),
        ]
        #expect(OperatorTests.isClose(try Self.apply("Conv", Self.input, tensors, [:]), wanted))
    }

    @Test func transposedConvolution() throws {
        let weight = Volume(2 * 3, Self.taps)
        let sizes: [Int] = (0..<3).map { axis in
            let full: Int = (Self.input.sizes[axis] - 1) * Self.strides[axis] + Self.reach(axis)
            return full - Self.pads[axis] - Self.pads[axis + 3]
        }
        var wanted = Volume(3, sizes, [Double](repeating: 0, count: 3 * sizes.reduce(1, *)))
        for channel in 0..<2 {
            for output in 0..<3 {
                for window in Volume.positions(Self.input.sizes) {
                    for tap in Volume.positions(Self.taps) {
                        guard let index = wanted.index(output, Self.place(window, tap)) else { continue }
                        wanted.values[index] += Self.input[channel, window]! * weight[channel * 3 + output, tap]!
                    }
                }
            }
        }
        let tensors = [OperatorTests.reals([2, 3] + Self.taps, weight.values)]
        #expect(OperatorTests.isClose(try Self.apply("ConvTranspose", Self.input, tensors, [:]), wanted.values))
    }

    @Test(arguments: ["MaxPool", "AveragePool", "AveragePool with padding"])
    func pooling(kind: String) throws {
        let countsPadding = kind.hasSuffix("padding")
        var wanted: [Double] = []
        for channel in 0..<2 {
            for window in Volume.positions(Self.space) {
                let places = Volume.positions(Self.taps).map { Self.place(window, $0) }
                let inside = places.compactMap { Self.input[channel, $0] }
                let count = countsPadding ? places.count : inside.count
                wanted.append(kind == "MaxPool" ? inside.max()! : inside.reduce(0, +) / Double(count))
            }
        }
        var extra: [String: Attribute] = ["kernel_shape": .ints(Self.taps)]
        if countsPadding { extra["count_include_pad"] = .int(1) }
        let type = kind == "MaxPool" ? "MaxPool" : "AveragePool"
        #expect(OperatorTests.isClose(try Self.apply(type, Self.input, [], extra), wanted))
    }

    @Test(arguments: [0, 1])
    func placesOfMaxima(order: Int) throws {
        let image = Volume(2, [3, 4])
        var model = ONNXTestModel(opset: 22, input: [2, 3, 4], batch: 1)
        model.add(
            "MaxPool", ["x"], ["maxima", "places"], ["kernel_shape": .ints([2, 2]), "storage_order": .int(order)])
        model.add("Cast", ["places"], ["y"], ["to": .int(11)])
        var wanted: [Double] = []
        for channel in 0..<2 {
            for window in Volume.positions([2, 3]) {
                let places = Volume.positions([2, 2]).map { [$0[0] + window[0], $0[1] + window[1]] }
                let best = places.max { image[channel, $0]! < image[channel, $1]! }!
                let inPlane: Int = order == 0 ? best[0] * 4 + best[1] : best[0] + best[1] * 3
                wanted.append(Double(channel * 12 + inPlane))
            }
        }
        #expect(try model.predictions(["x": image.values], examples: 1) == wanted)
    }
}
