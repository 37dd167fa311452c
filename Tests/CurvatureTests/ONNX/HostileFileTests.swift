import Curvature
import Foundation
import Testing

@testable import ONNXImport

/// Damaged and malicious files end in a model or in one error, never in a trap.
@Suite struct HostileFileTests {
    static func read(_ bytes: Data) {
        do {
            _ = try Model.onnx(bytes, name: "hostile.onnx", examples: 3)
        } catch let error as ONNXImportError {
            #expect(error.message.hasPrefix("hostile.onnx: ") && !error.message.contains("\n"), "\(error)")
        } catch {
            Issue.record("another error: \(error)")
        }
    }
    static func golden(_ name: String) throws -> Data {
        try Data(contentsOf: GoldenImportTests.folder.appendingPathComponent("\(name)/model.onnx"))
    }

    @Test func truncations() throws {
        let bytes = try Self.golden("mlp_mse_mean")
        for length in 0..<bytes.count { Self.read(bytes.prefix(length)) }
    }

    @Test(arguments: ["mlp_bce", "cnn_digits_ce", "gpt_tied_ce"])
    func changedBytes(name: String) throws {
        let bytes = try Self.golden(name)
        var random = SplitMix(seed: 1)
        for _ in 0..<400 {
            var changed = bytes
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                changed[Int.random(in: 0..<changed.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            Self.read(changed)
        }
    }

    /// Well-formed files with attributes, sizes and operators that nobody meant.
    @Test(arguments: ["resnet_digits_ce", "gpt_tied_ce", "shared_linear_ce"])
    func changedMeaning(name: String) throws {
        let model = try ONNXModelProto(serializedBytes: Self.golden(name))
        var random = SplitMix(seed: 2)
        let types = OperatorRegistry.rules.keys.sorted()
        let numbers: [Int64] = [0, 1, -1, 2, 3, 7, 100, -100, 1 << 31, 1 << 40, 1 << 62, .max, .min]
        for _ in 0..<400 {
            var changed = model
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let node = changed.graph.node.indices.randomElement(using: &random)!
                let number = numbers.randomElement(using: &random)!
                switch Int.random(in: 0..<6, using: &random) {
                case 0: changed.graph.node[node].opType = types.randomElement(using: &random)!
                case 1:
                    for index in changed.graph.node[node].attribute.indices {
                        changed.graph.node[node].attribute[index].i = number
                        changed.graph.node[node].attribute[index].ints = changed.graph.node[node].attribute[index].ints
                            .map { _ in
                                numbers.randomElement(using: &random)!
                            }
                    }
                case 2:
                    let tensor = changed.graph.initializer.indices.randomElement(using: &random)!
                    if !changed.graph.initializer[tensor].dims.isEmpty {
                        changed.graph.initializer[tensor].dims[0] = number
                    }
                case 3: changed.graph.node.swapAt(node, changed.graph.node.indices.randomElement(using: &random)!)
                case 4:
                    let other = changed.graph.node[..<node].flatMap(\.output) + changed.graph.initializer.map(\.name)
                    if !changed.graph.node[node].input.isEmpty {
                        changed.graph.node[node].input[0] = other.randomElement(using: &random)!
                    }
                default: changed.graph.input[0].type.tensorType.shape.dim[0].dimValue = number
                }
            }
            Self.read(try changed.serializedBytes())
        }
    }

    @Test func functionsThatCallThemselves() throws {
        var model = ONNXTestModel(input: [2])
        var node = ONNXTestModel.node("Again", ["a"], ["b"], [:])
        node.domain = "local"
        model.proto.functions = [
            .with { ($0.name, $0.domain, $0.input, $0.output, $0.node) = ("Again", "local", ["a"], ["b"], [node]) }
        ]
        model.add("Again", ["x"], ["y"])
        model.proto.graph.node[0].domain = "local"
        #expect(model.error() == "m.onnx: node 'b' (Again): functions call each other without end")
    }

    @Test func sizesThatOverflow() {
        var model = ONNXTestModel(input: [1 << 20, 1])
        model.integers("wide", [1, 1 << 20, 1 << 20])
        model.add("Expand", ["x", "wide"], ["y"])
        #expect(model.error().hasSuffix("is too large"))
    }
}

/// A small generator with a fixed seed.
struct SplitMix: RandomNumberGenerator {
    private var state: UInt64
    init(seed: UInt64) { state = seed }
    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
