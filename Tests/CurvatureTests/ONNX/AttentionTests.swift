import Foundation
import Testing

@testable import ONNXImport

/// Masks, windows and lengths of attention, against a loop over queries and keys.
@Suite struct AttentionTests {
    typealias Attribute = ONNXTestModel.Attribute
    static let (examples, rows, columns, features) = (2, 3, 5, 2)
    static func numbers(_ count: Int, _ seed: Int) -> [Double] {
        (0..<count).map { sin(Double($0 * 7 + seed * 13 + 1)) }
    }

    struct Setting: Sendable, CustomStringConvertible {
        var description: String
        var attributes: [String: Attribute] = [:]
        /// How many of an example's keys count.
        var lengths: [Int]?
        /// Keys that were there before.
        var past = 0
        /// Whether a query at this position (in all keys) sees a key at that one.
        var sees: @Sendable (_ query: Int, _ key: Int) -> Bool
    }
    static let settings: [Setting] = [
        Setting(description: "all", sees: { _, _ in true }),
        Setting(description: "causal", attributes: ["is_causal": .int(1)], sees: { $1 <= $0 }),
        Setting(
            description: "left", attributes: ["left_window_size": .int(1)], sees: { $1 >= $0 - 1 }),
        Setting(
            description: "both sides", attributes: ["left_window_size": .int(1), "right_window_size": .int(0)],
            sees: { $1 >= $0 - 1 && $1 <= $0 }),
        Setting(description: "lengths", lengths: [4, 5], sees: { _, _ in true }),
        Setting(
            description: "causal lengths", attributes: ["is_causal": .int(1)], lengths: [4, 5], sees: { $1 <= $0 }),
        Setting(
            description: "lengths and window",
            attributes: ["is_causal": .int(1), "left_window_size": .int(1)], lengths: [3, 5],
            sees: { $1 <= $0 && $1 >= $0 - 1 }),
        Setting(
            description: "cache and window", attributes: ["is_causal": .int(1), "left_window_size": .int(2)], past: 2,
            sees: { $1 <= $0 && $1 >= $0 - 2 }),
    ]

    @Test(arguments: settings)
    func masks(setting: Setting) throws {
        let (examples, rows, columns, features) = (Self.examples, Self.rows, Self.columns, Self.features)
        let q = Self.numbers(examples * rows * features, 1)
        let k = Self.numbers(examples * columns * features, 2)
        let v = Self.numbers(examples * columns * features, 3)
        var model = ONNXTestModel(opset: 25, input: [1, rows, features])
        var inputs = ["x": q]
        var names = ["x", "k", "v"]
        // With a cache, the first keys and values come from it.
        let past = setting.past
        func part(_ values: [Double], _ range: Range<Int>) -> [Double] {
            (0..<examples).flatMap { example in
                let start = example * columns * features
                return values[(start + range.lowerBound * features)..<(start + range.upperBound * features)]
            }
        }
        for (name, values) in [("k", k), ("v", v)] {
            model.addInput(name, [1, columns - past, features])
            inputs[name] = part(values, past..<columns)
        }
        if past > 0 {
            names += ["", "pk", "pv"]
            for (name, values) in [("pk", k), ("pv", v)] {
                model.addInput(name, [1, past, features])
                inputs[name] = part(values, 0..<past)
            }
        }
        if let lengths = setting.lengths {
            names += ["", "", "", "lengths"]
            model.addInput("lengths", [], type: 7)
            inputs["lengths"] = lengths.map { Double($0) }
        }
        model.add("Attention", names, ["y"], setting.attributes)
        let found = try model.predictions(inputs, examples: examples)

        var wanted: [Double] = []
        for example in 0..<examples {
            let length = setting.lengths?[example] ?? columns
            let before = setting.lengths.map { $0[example] - rows } ?? past
            for row in 0..<rows {
                let weights = (0..<columns).map { column -> Double in
                    guard column < length, setting.sees(row + before, column) else { return 0 }
                    let (own, other) = ((example * rows + row) * features, (example * columns + column) * features)
                    var product = 0.0
                    for feature in 0..<features { product += q[own + feature] * k[other + feature] }
                    return exp(product / Double(features).squareRoot())
                }
                let total = weights.reduce(0, +)
                for feature in 0..<features {
                    var sum = 0.0
                    for column in 0..<columns {
                        sum += weights[column] * v[(example * columns + column) * features + feature]
                    }
                    wanted.append(total == 0 ? 0 : sum / total)
                }
            }
        }
        #expect(OperatorTests.isClose(found, wanted), "\(found) for \(wanted)")
    }

    @Test func lengthsAndACacheDoNotGoTogether() {
        var model = ONNXTestModel(opset: 25, input: [1, 3, 2])
        model.addInput("lengths", [], type: 7)
        model.add("Attention", ["x", "x", "x", "", "x", "x", "lengths"], ["y"])
        #expect(model.error().contains("both nonpad_kv_seqlen and a cache of keys; expected one of them"))
    }
}
