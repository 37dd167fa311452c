import Foundation
import Safetensors

@testable import ONNXImport

/// The files of ``MistakeFolder`` by their names.
enum SmallFiles {
    private static let inputs: [Double] = (0..<12).map { Double($0) / 7 }
    private static let labels: [Int64] = [0, 1, 0, 1]

    private struct Tensor: Sendable {
        var name: String
        var shape: [Int]
        var reals: [Double] = []
        var integers: [Int64]?

        var stored: SafetensorsTensor {
            integers.map { SafetensorsTensor(name: name, shape: shape, values: $0) }
                ?? SafetensorsTensor(name: name, shape: shape, values: reals)
        }
    }
    private static func tensor(_ name: String, _ shape: [Int], _ values: [Double]) -> Tensor {
        Tensor(name: name, shape: shape, reals: values)
    }
    private static func integers(_ name: String, _ values: [Int64]) -> Tensor {
        Tensor(name: name, shape: [values.count], integers: values)
    }
    private static func zeros(_ name: String, _ shape: [Int]) -> Tensor {
        tensor(name, shape, [Double](repeating: 0, count: shape.reduce(1, *)))
    }
    private static func file(_ tensors: Tensor...) -> MistakeFolder.Writer {
        { [tensors] in try SafetensorsWriter.write(tensors.map(\.stored), to: $0) }
    }
    /// A data set whose tensors are right but for those given.
    private static func dataSet(_ inputs: Tensor? = nil, _ targets: Tensor? = nil)
        -> MistakeFolder.Writer
    {
        file(inputs ?? tensor("inputs", [4, 3], Self.inputs), targets ?? integers("targets", labels))
    }
    private static func bytes(_ text: String, _ more: [UInt8] = []) -> MistakeFolder.Writer {
        { try (Data(text.utf8) + Data(more)).write(to: $0) }
    }
    /// Another file without its end.
    private static func cut(_ write: @escaping MistakeFolder.Writer, by count: Int) -> MistakeFolder.Writer {
        {
            try write($0)
            try Data(contentsOf: $0).dropLast(count).write(to: $0)
        }
    }
    private static func header(_ text: String, data: Int) -> MistakeFolder.Writer {
        let length = withUnsafeBytes(of: UInt64(text.utf8.count).littleEndian, Array.init)
        return { try (Data(length) + Data(text.utf8) + Data(count: data)).write(to: $0) }
    }
    private static func array(_ type: String, fortran: Bool = false, bytes count: Int) -> MistakeFolder.Writer {
        let text = "{'descr': '\(type)', 'fortran_order': \(fortran ? "True" : "False"), 'shape': (4, 3), }\n"
        let start: [UInt8] = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, UInt8(text.utf8.count), 0]
        return { try (Data(start) + Data(text.utf8) + Data(count: count)).write(to: $0) }
    }
    /// How torch.save begins a file now, and how it did before version 1.6.
    private static let zip: [UInt8] = [0x50, 0x4b, 0x03, 0x04, 0, 0, 8, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
    private static let pickle: [UInt8] = [0x80, 0x02, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50]

    static let data: [String: MistakeFolder.Writer] = [
        "d.safetensors": dataSet(),
        "tokens.safetensors": dataSet(integers("inputs", [0, 1, 3, 2])),
        "nan.safetensors": dataSet(tensor("inputs", [4, 3], inputs.map { $0 == 1 ? .nan : $0 })),
        "narrow.safetensors": dataSet(tensor("inputs", [4, 2], Array(inputs.prefix(8)))),
        "flat.safetensors": dataSet(tensor("inputs", [12], inputs)),
        "scalar.safetensors": dataSet(tensor("inputs", [], [1])),
        "empty.safetensors": dataSet(tensor("inputs", [0, 3], []), integers("targets", [])),
        "six.safetensors": dataSet(
            tensor("inputs", [6, 3], inputs + inputs.prefix(6)), integers("targets", labels + [0, 1])),
        "unlabelled.safetensors": file(tensor("inputs", [4, 3], inputs), integers("labels", labels)),
        "target.safetensors": file(tensor("inputs", [4, 3], inputs), integers("target", labels)),
        "images.safetensors": file(tensor("images", [4, 3], inputs), integers("targets", labels)),
        "short.safetensors": dataSet(nil, integers("targets", [0, 1, 0])),
        "from-one.safetensors": dataSet(nil, integers("targets", [1, 2, 1, 2])),
        "fractions.safetensors": dataSet(nil, tensor("targets", [4], [0, 1, 0, 1])),
        "one-hot.safetensors": dataSet(nil, zeros("targets", [4, 3])),
        "column.safetensors": dataSet(nil, zeros("targets", [4, 1])),
        "v.safetensors": file(
            tensor("v", [8], (0..<8).map { Double($0) }), zeros("u", [8]), zeros("z", [7]), zeros("V", [8, 2]),
            zeros("cube", [2, 2, 2]), tensor("cw", [3], [1, 1, 1])),
        "infinite.safetensors": file(tensor("v", [8], [1, .infinity, 0, 0, 0, 0, 0, 0])),
        "w.safetensors": file(zeros("fc.weight", [3, 2]), zeros("fc.bias", [2])),
        "sequential.safetensors": file(zeros("0.weight", [3, 2]), zeros("0.bias", [2])),
        "transposed.safetensors": file(zeros("fc.weight", [2, 3]), zeros("fc.bias", [2])),
        "half.safetensors": file(zeros("fc.weight", [3, 2])),
        "cut.safetensors": cut(dataSet(), by: 10),
        "tiny.safetensors": bytes("{}"),
        "no-header.safetensors": header("{\"inputs\": 3}", data: 0),
        "bad-offsets.safetensors": header(
            "{\"inputs\":{\"dtype\":\"F64\",\"shape\":[4,3],\"data_offsets\":[0,90]}}", data: 90),
        "bad-type.safetensors": header(
            "{\"inputs\":{\"dtype\":\"C64\",\"shape\":[4,3],\"data_offsets\":[0,96]}}", data: 96),
        "inputs.npy": array("<f8", bytes: 96),
        "columns.npy": array("<f8", fortran: true, bytes: 96),
        "objects.npy": array("|O", bytes: 96),
        "cut.npy": array("<f8", bytes: 22),
        "page.safetensors": bytes("<!DOCTYPE html>\n<html><body>Not found</body></html>\n"),
        "m.pt": bytes("", zip),
        "old.pt": bytes("", pickle),
        "m.zip": bytes("", zip),
        "page.onnx": bytes("\n <!DOCTYPE html>\n<html><body>Not found</body></html>\n"),
        "pointer.onnx": bytes("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a2146\nsize 12345\n"),
        "json.onnx": bytes("{\"a\": 1}\n"),
        "empty.onnx": bytes(""),
        "notes.onnx": bytes("hello\n"),
    ]

    // MARK: models

    private static func constant(_ name: String, _ shape: [Int64]) -> ONNXTensorProto {
        .with {
            ($0.name, $0.dims, $0.dataType) = (name, shape, 1)
            $0.floatData = (0..<shape.reduce(1, *)).map { Float($0 + 1) / 4 }
        }
    }
    private static func node(_ type: String, _ inputs: [String], _ output: String, _ name: String) -> ONNXNodeProto {
        .with { ($0.opType, $0.input, $0.output, $0.name) = (type, inputs, [output], name) }
    }
    /// Sizes are numbers or names.
    private static func input(_ sizes: [String]) -> ONNXValueInfoProto {
        .with { value in
            value.name = "x"
            value.type.tensorType.elemType = 1
            value.type.tensorType.shape.dim = sizes.map { size in
                .with { if let number = Int64(size) { $0.dimValue = number } else { $0.dimParam = size } }
            }
        }
    }
    /// The small network with a change.
    private static func model(_ change: @escaping @Sendable (inout ONNXModelProto) -> Void = { _ in })
        -> MistakeFolder.Writer
    {
        { url in
            var model = ONNXModelProto()
            model.irVersion = 8
            model.opsetImport = [.with { $0.version = 17 }]
            model.graph.name = "small"
            model.graph.input = [input(["batch", "3"])]
            model.graph.initializer = [constant("fc.weight", [3, 2]), constant("fc.bias", [2])]
            model.graph.node = [
                node("MatMul", ["x", "fc.weight"], "h", "/fc/MatMul"), node("Add", ["h", "fc.bias"], "y", "/fc/Add"),
            ]
            model.graph.output = [.with { $0.name = "y" }]
            change(&model)
            let bytes: Data = try model.serializedBytes()
            try bytes.write(to: url)
        }
    }
    /// The small network with another last node.
    private static func ending(_ last: ONNXNodeProto) -> MistakeFolder.Writer {
        model {
            $0.graph.node.append(last)
            $0.graph.output = [.with { $0.name = last.output[0] }]
        }
    }

    static let models: [String: MistakeFolder.Writer] = [
        "m.onnx": model(),
        "cut.onnx": cut(model(), by: 20),
        "length.onnx": model { $0.graph.input = [input(["batch", "length", "3"])] },
        "wide.onnx": model { $0.graph.initializer[0] = constant("fc.weight", [4, 2]) },
        "old.onnx": model { $0.opsetImport[0].version = 5 },
        "no-weights.onnx": model {
            $0.graph.initializer = []
            $0.graph.node = [node("Relu", ["x"], "y", "/relu")]
        },
        "external.onnx": model {
            $0.graph.initializer[0].floatData = []
            $0.graph.initializer[0].dataLocation = .external
            $0.graph.initializer[0].externalData = [
                .with { ($0.key, $0.value) = ("location", "external.onnx.data") }
            ]
        },
        "suppression.onnx": ending(node("NonMaxSuppression", ["y"], "kept", "/nms")),
        "custom.onnx": ending(
            .with { ($0.opType, $0.domain, $0.input, $0.output) = ("Swirl", "com.acme", ["y"], ["z"]) }),
        "transposed.onnx": ending(node("Transpose", ["y"], "z", "/transpose")),
        // A table of three rows.
        "tokens.onnx": model {
            $0.graph.input = [input(["batch"])]
            $0.graph.input[0].type.tensorType.elemType = 7
            $0.graph.node = [node("Gather", ["fc.weight", "x"], "y", "/embed")]
        },
        "two.onnx": model {
            $0.graph.input.append(input(["batch", "2"]))
            $0.graph.input[1].name = "mask"
            $0.graph.node.append(node("Mul", ["y", "mask"], "z", "/mask"))
            $0.graph.output = [.with { $0.name = "z" }]
        },
        // Exported with a batch of four, each of which has an offset of its own.
        "fixed.onnx": model {
            $0.graph.input = [input(["4", "3"])]
            $0.graph.initializer.append(constant("offsets", [4, 2]))
            $0.graph.node.append(node("Add", ["y", "offsets"], "z", "/offset"))
            $0.graph.output = [.with { $0.name = "z" }]
        },
    ]
}
