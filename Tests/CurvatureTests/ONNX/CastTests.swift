import Foundation
import TensorIR
import Testing

@testable import ONNXImport

/// Casts to types of few bits, against a search among all values of the type.
@Suite struct CastTests {
    typealias DataType = ONNXTensorProto.DataType
    static let floats: [DataType] = [.float8E4M3Fn, .float8E4M3Fnuz, .float8E5M2, .float8E5M2Fnuz, .float4E2M1]
    static let inputs: [Double] = {
        let around = [0, 1, 1.03, 1.0625, 1.1, 1.1875, 1.25, 1.3, 1.375, 1.5, 1.625, 1.75, 1.9, 1.9375]
        let scales = (-20...18).map { Double(sign: .plus, exponent: $0, significand: 1) }
        let plain = scales.flatMap { scale in around.map { $0 * scale } }
        return plain.flatMap { [$0, -$0] } + [.infinity, -.infinity, .nan, 448, 449, 464, 465, 240, 248, 57344, 61440]
    }()

    /// The numbers of a type, by what the standards say of some of its bits.
    @Test func valuesOfBits() {
        let known: [(DataType, UInt8, Double)] = [
            (.float8E4M3Fn, 0x7e, 448), (.float8E4M3Fn, 0x01, 0x1p-9), (.float8E4M3Fn, 0x08, 0x1p-6),
            (.float8E4M3Fn, 0xb8, -1), (.float8E4M3Fn, 0x7f, .nan), (.float8E4M3Fn, 0xff, .nan),
            (.float8E4M3Fnuz, 0x7f, 240), (.float8E4M3Fnuz, 0x01, 0x1p-10), (.float8E4M3Fnuz, 0x80, .nan),
            (.float8E5M2, 0x7b, 57344), (.float8E5M2, 0x01, 0x1p-16), (.float8E5M2, 0x7c, .infinity),
            (.float8E5M2, 0xfc, -.infinity), (.float8E5M2, 0x7d, .nan), (.float8E5M2, 0x3c, 1),
            (.float8E5M2Fnuz, 0x7f, 57344), (.float8E5M2Fnuz, 0x01, 0x1p-17), (.float8E5M2Fnuz, 0x80, .nan),
            (.float4E2M1, 0x7, 6), (.float4E2M1, 0x1, 0.5), (.float4E2M1, 0xa, -1),
            (.float8E8M0, 0x7f, 1), (.float8E8M0, 0x00, 0x1p-127), (.float8E8M0, 0xfe, 0x1p127),
            (.float8E8M0, 0xff, .nan),
        ]
        for (type, bits, wanted) in known {
            let found = SmallFloat(type)!.value(bits: bits)
            #expect(found == wanted || found.isNaN && wanted.isNaN, "\(type) \(bits): \(found)")
        }
    }

    /// The nearest number of a type, the one with even bits of two that are equally near.
    static func nearest(_ value: Double, _ type: DataType, saturates: Bool) -> Double {
        let format = SmallFloat(type)!
        if value.isNaN { return type == .float4E2M1 ? 0 : .nan }
        let count = 1 << (format.exponentBits + format.fractionBits)
        let numbers = (0..<count).map { format.value(bits: UInt8($0)) }.filter { $0.isFinite }
        let magnitude = abs(value)
        // One step beyond the largest is where rounding would lead if the type went on.
        let step = numbers[numbers.count - 1] - numbers[numbers.count - 2]
        let line = numbers + [numbers[numbers.count - 1] + step]
        var best = line.count - 1
        if magnitude < line[best] {
            best = line.indices.min { a, b in
                let (x, y) = (abs(line[a] - magnitude), abs(line[b] - magnitude))
                return x == y ? a % 2 < b % 2 : x < y
            }!
        }
        var result = line[best]
        if best == line.count - 1 {
            let ends = saturates || type == .float4E2M1
            result = ends ? numbers[numbers.count - 1] : type == .float8E5M2 ? .infinity : .nan
        }
        return value < 0 ? -result : result
    }

    @Test(arguments: floats, [true, false])
    func rounding(type: DataType, saturates: Bool) throws {
        let wanted = Self.inputs.map { Self.nearest($0, type, saturates: saturates) }
        let attributes: [String: ONNXTestModel.Attribute] = [
            "to": .int(type.rawValue), "saturate": .int(saturates ? 1 : 0),
        ]
        let found = try OperatorTests.apply("Cast", [Self.inputs.count], Self.inputs, [], attributes, opset: 23)
        let format = SmallFloat(type)!
        for (index, value) in Self.inputs.enumerated() {
            let folded = format.rounded(value, saturates: saturates, rounding: .nearest)
            for result in [found[index], folded] {
                #expect(
                    result == wanted[index] || result.isNaN && wanted[index].isNaN,
                    "\(type) of \(value): \(result) for \(wanted[index])")
            }
        }
    }

    @Test(arguments: [("up", [0x1p-127, 0.25, 1, 2, 4, 4]), ("down", [0x1p-127, 0.125, 1, 1, 2, 2])])
    func scales(mode: String, wanted: [Double]) throws {
        let attributes: [String: ONNXTestModel.Attribute] = [
            "to": .int(DataType.float8E8M0.rawValue), "round_mode": .string(mode),
        ]
        #expect(
            try OperatorTests.apply("Cast", [6], [0, 0.2, 1, 1.1, 3, -3], [], attributes, opset: 24) == wanted)
    }

    /// d cast(x) / dx = 1, and 0 beyond the largest number.
    @Test func derivativeIsTheIdentitys() throws {
        var model = ONNXTestModel(opset: 23, input: [4])
        model.add("Cast", ["x"], ["y"], ["to": .int(DataType.float8E4M3Fn.rawValue)])
        let read = try model.model()
        let graph = read.graph
        let input = read.inputs[0].node
        let tangent = try graph.linearize([read.prediction], seeds: [input: input])[0]!
        let x: [Double] = [0.3, -447, 449, -1e6]
        #expect(GraphEvaluator(read, inputs: ["x": x], examples: 1).values(of: tangent) == [0.3, -447, 0, 0])
    }

    @Test func narrowIntegersWrap() throws {
        for (type, wanted) in [
            (.int8, [-128, 127, -3, 44]), (.uint8, [128, 127, 253, 44]), (.int4, [0, -1, -3, -4]),
            (.uint4, [0, 15, 13, 12]), (.int2, [0, -1, 1, 0]), (.uint2, [0, 3, 1, 0]), (.int32, [128, 127, -3, 300]),
        ] as [(DataType, [Double])] {
            var model = ONNXTestModel(opset: 23, input: [4])
            model.add("Cast", ["x"], ["integers"], ["to": .int(type.rawValue)])
            model.add("Cast", ["integers"], ["y"], ["to": .int(11)])
            #expect(try model.predictions(["x": [128, 127, -3, 300]], examples: 1) == wanted, "\(type)")
        }
    }

    /// Several numbers share a byte, the first in its lowest bits.
    @Test func packedConstants() throws {
        for (type, bytes, wanted) in [
            (.int4, [0xf1, 0x07], [1, -1, 7]), (.uint4, [0xf1, 0x07], [1, 15, 7]), (.int2, [0b11_10_01], [1, -2, -1]),
            (.uint2, [0b11_10_01], [1, 2, 3]), (.float4E2M1, [0x71, 0x0a], [0.5, 6, -1]),
            (.float8E5M2, [0x3c, 0x40, 0xbc], [1, 2, -1]),
        ] as [(DataType, [UInt8], [Double])] {
            let raw = ONNXTensorProto.with {
                ($0.dims, $0.dataType, $0.rawData) = ([3], Int32(type.rawValue), Data(bytes))
            }
            let listed = ONNXTensorProto.with {
                ($0.dims, $0.dataType, $0.int32Data) = ([3], Int32(type.rawValue), bytes.map { Int32($0) })
            }
            for tensor in [raw, listed] { #expect(try tensor.hostTensor().reals() == wanted, "\(type)") }
            let short = ONNXTensorProto.with {
                ($0.dims, $0.dataType, $0.rawData) = ([9], Int32(type.rawValue), Data(bytes))
            }
            #expect(throws: GraphError.self) { try short.hostTensor() }
        }
    }

    /// The type of the other input counts, though its values are known as numbers only.
    @Test func castLikeAnInitializer() throws {
        var model = ONNXTestModel(opset: 23, input: [2])
        model.proto.graph.initializer = [
            .with {
                ($0.name, $0.dims, $0.dataType, $0.rawData) = (
                    "like", [1], Int32(DataType.float4E2M1.rawValue), Data([1])
                )
            }
        ]
        model.add("CastLike", ["x", "like"], ["y"])
        #expect(try model.predictions(["x": [2.4, 7]], examples: 1) == [2, 6])
    }
}
