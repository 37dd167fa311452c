import Foundation
import Testing

@testable import ONNXImport

/// Recurrent layers against loops over positions, and their derivatives against PyTorch's.
@Suite struct RecurrentTests {
    typealias Attribute = ONNXTestModel.Attribute
    typealias Kind = RecurrentReference.Kind
    static let (positions, examples, inputs, features) = (4, 3, 2, 3)

    struct Setting: Sendable, CustomStringConvertible {
        var description: String
        var kinds = Kind.allCases
        var attributes: [String: Attribute] = [:]
        var lengths: [Int]?
        var hasState = false
        var hasPeephole = false
    }
    static let settings: [Setting] = [
        Setting(description: "plain"),
        Setting(description: "reverse", attributes: ["direction": .string("reverse")]),
        Setting(description: "bidirectional", attributes: ["direction": .string("bidirectional")]),
        Setting(description: "initial state", hasState: true),
        Setting(
            description: "lengths, both ways", attributes: ["direction": .string("bidirectional")], lengths: [4, 1, 3],
            hasState: true),
        Setting(description: "clipped", attributes: ["clip": .float(0.25)]),
        Setting(description: "peepholes", kinds: [.lstm], hasPeephole: true),
        Setting(description: "coupled gates", kinds: [.lstm], attributes: ["input_forget": .int(1)]),
        Setting(description: "reset after the product", kinds: [.gru], attributes: ["linear_before_reset": .int(1)]),
    ]

    static func numbers(_ count: Int, _ seed: Int) -> [Double] {
        (0..<count).map { index in
            let phase: Int = index * index + 5 * index + 31 * seed + 1
            return 0.8 * sin(Double(phase))
        }
    }

    @Test(arguments: settings.flatMap { setting in setting.kinds.map { (setting, $0) } })
    func valuesOfAllOutputs(setting: Setting, kind: Kind) throws {
        let (positions, examples, inputs, features) = (Self.positions, Self.examples, Self.inputs, Self.features)
        var directions = [false]
        if case .string(let name)? = setting.attributes["direction"] {
            directions = name == "reverse" ? [true] : [false, true]
        }
        let rows = kind.gates * features
        let x = Self.numbers(positions * examples * inputs, 1)
        let weight = Self.numbers(directions.count * rows * inputs, 2)
        let recurrence = Self.numbers(directions.count * rows * features, 3)
        let bias = Self.numbers(directions.count * 2 * rows, 4)
        let hidden = setting.hasState ? Self.numbers(directions.count * examples * features, 5) : nil
        let memory = setting.hasState ? Self.numbers(directions.count * examples * features, 6) : nil
        let peephole = setting.hasPeephole ? Self.numbers(directions.count * 3 * features, 7) : nil

        var cells = directions.indices.map { direction in
            func part(_ values: [Double]) -> [Double] {
                let count = values.count / directions.count
                return Array(values[(direction * count)..<((direction + 1) * count)])
            }
            return RecurrentReference(
                kind: kind, features: features, inputs: inputs, weight: part(weight), recurrence: part(recurrence),
                bias: part(bias), peephole: peephole.map(part))
        }
        for index in cells.indices {
            if case .float(let clip)? = setting.attributes["clip"] { cells[index].clip = Double(clip) }
            cells[index].couplesGates = setting.attributes["input_forget"] != nil
            cells[index].resetsAfterProduct = setting.attributes["linear_before_reset"] != nil
        }

        // The examples are the second axis of what the operator reads and gives.
        var model = ONNXTestModel(opset: 14, input: [positions, inputs])
        model.weight("w", [directions.count, rows, inputs], weight)
        model.weight("r", [directions.count, rows, features], recurrence)
        model.weight("b", [directions.count, 2 * rows], bias)
        model.add("Transpose", ["x"], ["rows"], ["perm": .ints([1, 0, 2])])
        var names = ["rows", "w", "r", "b"]
        var data = ["x": x]
        if let lengths = setting.lengths {
            model.addInput("lengths", [], type: 6)
            data["lengths"] = lengths.map { Double($0) }
        }
        names.append(setting.lengths == nil ? "" : "lengths")
        for (name, state) in [("h", hidden), ("c", kind == .lstm ? memory : nil)] {
            guard let state else {
                names.append("")
                continue
            }
            // Given as (examples, directions, features).
            model.addInput(name + "0", [directions.count, features])
            data[name + "0"] = (0..<examples).flatMap { example in
                directions.indices.flatMap { direction in
                    let start = (direction * examples + example) * features
                    return state[start..<(start + features)]
                }
            }
            model.add("Transpose", [name + "0"], [name], ["perm": .ints([1, 0, 2])])
            names.append(name)
        }
        if let peephole {
            model.weight("p", [directions.count, 3 * features], peephole)
            names.append("p")
        }
        while names.last == "" { names.removeLast() }
        let outputs = kind == .lstm ? ["all", "last", "memory"] : ["all", "last"]
        model.add(
            kind.rawValue, names, outputs, setting.attributes.merging(["hidden_size": .int(features)]) { $1 })
        // Everything as a row for each example.
        model.integers("row", [0, -1])
        model.add("Transpose", ["all"], ["all_first"], ["perm": .ints([2, 0, 1, 3])])
        for name in outputs.dropFirst() {
            model.add("Transpose", [name], [name + "_first"], ["perm": .ints([1, 0, 2])])
        }
        for name in outputs { model.add("Reshape", [name + "_first", "row"], [name + "_row"]) }
        model.add("Concat", outputs.map { $0 + "_row" }, ["y"], ["axis": .int(1)])
        let found = try model.predictions(data, examples: examples)

        var wanted: [Double] = []
        for example in 0..<examples {
            let length = setting.lengths?[example] ?? positions
            let sequence = (0..<length).map { position in
                Array(x[((example * positions + position) * inputs)...].prefix(inputs))
            }
            let runs = zip(directions.indices, directions).map { direction, isReverse in
                func start(_ state: [Double]?) -> [Double] {
                    let first = (direction * examples + example) * features
                    return state.map { Array($0[first..<(first + features)]) }
                        ?? [Double](repeating: 0, count: features)
                }
                let run = cells[direction].run(
                    isReverse ? sequence.reversed() : sequence, hidden: start(hidden), memory: start(memory))
                return (
                    outputs: isReverse ? run.outputs.reversed() : run.outputs, last: run.outputs.last!,
                    memory: run.memory
                )
            }
            for position in 0..<positions {
                for run in runs {
                    wanted += position < length ? run.outputs[position] : [Double](repeating: 0, count: features)
                }
            }
            wanted += runs.flatMap(\.last)
            if kind == .lstm { wanted += runs.flatMap(\.memory) }
        }
        #expect(OperatorTests.isClose(found, wanted), "\(setting): \(found) for \(wanted)")
    }
}
