import Foundation

@testable import Curvature
@testable import ONNXImport
@testable import TensorIR

/// Makes a model of the bytes, each of which chooses an operator, an input or an attribute, reads it, and computes its
/// curvature if it can be read.
///
/// Mutated files hardly ever have an operator with inputs that it takes; these graphs have little else.
func graphBody() -> (UnsafeRawBufferPointer) -> Void {
    let types = OperatorRegistry.rules.keys.sorted()
    var options = PlanOptions()
    options.threads = 1
    options.memory = 1 << 24
    return { [options] bytes in
        var choices = Choices(bytes: bytes)
        do {
            let data: Data = try choices.model(types).serializedBytes()
            let model = try ONNXFile(data, name: "fuzz.onnx").model(inputShapes: [:], examples: 3, standIn: 2)
            let shape = model.graph.shape(model.prediction).sizes(examples: 3)
            guard shape.reduce(1, *) <= 1 << 12, model.parameters.allSatisfy({ $0.count <= 1 << 12 }) else { return }
            let problem = try problem(model, shape)
            let requests = try parseRequests(["loss", "gradient", "hessian @ gradient", "ggn @ gradient"], in: problem)
            _ = try Execution(Plan(requests, problem: problem, options: options)).run()
        } catch {
            check(error)
        }
    }
}

private func problem(_ model: Model, _ shape: [Int]) throws -> Problem {
    func ramp(_ shape: [Int]) throws -> HostArray {
        let values = (0..<shape.reduce(1, *)).map { Double($0 * 37 % 23) / 11 - 1 }
        return try HostArray(values, shape: shape)
    }
    var arrays: [String: HostArray] = ["targets": try ramp(shape)]
    for input in model.inputs {
        let sizes = input.type.shape.sizes(examples: 3)
        arrays[input.name] =
            input.type.element.isFloating
            ? try ramp(sizes) : try HostArray([Int](repeating: 1, count: sizes.reduce(1, *)), shape: sizes)
    }
    return try Problem(
        model: .network(model, name: "fuzz.onnx"), loss: .meanSquaredError(), data: .arrays(arrays))
}

/// The bytes of an input, each a choice among a few things; zeros behind their end.
private struct Choices {
    let bytes: UnsafeRawBufferPointer
    private var position = 0

    init(bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    private var isAtEnd: Bool { position >= bytes.count }
    private mutating func next() -> Int {
        defer { position += 1 }
        return position < bytes.count ? Int(bytes[position]) : 0
    }
    private mutating func pick<Element>(_ list: [Element]) -> Element { list[next() % list.count] }

    private static let numbers: [Int64] = [
        0, 1, 2, 3, 4, 5, 7, 12, -1, -2, -3, -5, 1 << 16, 1 << 20, (1 << 31) - 1, 1 << 31, 1 << 40, 1 << 62, .max,
        .min, -(1 << 31),
    ]
    private static let sizes: [Int64] = [0, 1, 2, 3, 4, 6, 12, 1, 2, 3]
    private static let reals: [Float] = [0, 1, -1, 0.5, 2, 3, 1e-30, 1e30, .infinity, -.infinity, .nan]
    private static let attributes = [
        "axis", "axes", "keepdims", "to", "split", "num_outputs", "pads", "strides", "kernel_shape", "dilations",
        "group",
        "perm", "mode", "value", "value_ints", "value_int", "value_float", "starts", "ends", "auto_pad", "ceil_mode",
        "epsilon", "alpha", "beta", "transA", "transB", "equation", "direction", "hidden_size", "batch_dims",
        "exclusive",
        "reverse", "reduction", "noop_with_empty_axes", "allowzero", "start", "end", "largest", "sorted", "k", "p",
        "count_include_pad", "storage_order", "new_axis", "output_padding", "output_shape", "upper", "is_causal",
        "q_num_heads", "kv_num_heads", "num_heads", "rotary_embedding_dim", "interleaved", "num_groups", "layout",
        "linear_before_reset", "input_forget", "clip", "coordinate_transformation_mode", "nearest_mode",
        "keep_aspect_ratio_policy", "cubic_coeff_a", "exclude_outside", "extrapolation_value", "antialias", "blocksize",
        "approximate", "softcap", "scale", "left_window_size", "right_window_size", "qk_matmul_output_mode",
        "training_mode", "select_last_index", "fmod", "saturate", "round_mode", "bias", "lambd", "gamma", "min", "max",
    ]
    private static let texts = [
        "", "constant", "reflect", "edge", "wrap", "linear", "cubic", "nearest", "bilinear", "SAME_UPPER", "SAME_LOWER",
        "VALID", "NOTSET", "forward", "reverse", "bidirectional", "add", "mul", "max", "min", "none", "tanh",
        "ij,jk->ik",
        "bij,bjk->bik", "...i,...j->...", "ii->i", "bij->b", "b...->...b", "->", "align_corners", "half_pixel",
        "pytorch_half_pixel", "tf_crop_and_resize", "asymmetric", "floor", "ceil", "round_prefer_ceil", "stretch",
        "not_larger", "not_smaller", "DCR", "CRD", "up", "down",
    ]

    mutating func model(_ types: [String]) -> ONNXModelProto {
        var model = ONNXModelProto()
        model.opsetImport = [.with { $0.version = [20, 13, 9, 18, 23][next() % 5] }]
        for (name, sizes, type) in [("x", [4], 1), ("image", [2, 4, 4], 1), ("t", [3], 7)] as [(String, [Int64], Int32)]
        {
            model.graph.input.append(input(name, sizes, type))
        }
        model.graph.initializer = [
            weight("w", [4, 4]), weight("v", [4]), weight("kernel", [2, 2, 3, 3]), weight("s", []),
            weight("e", [0, 4]),
        ]
        var names = ["x", "image", "t", "w", "v", "kernel", "s", "e"]
        for index in 0..<3 + next() % 4 {
            model.graph.initializer.append(list("c\(index)"))
            names.append("c\(index)")
        }
        repeat {
            let index = model.graph.node.count
            var node = ONNXNodeProto()
            node.opType = pick(types)
            for _ in 0..<next() % 6 {
                let choice = next()
                // The newest are the likeliest.
                node.input.append(
                    choice == 255
                        ? ""
                        : choice < 100
                            ? names[names.count - 1 - choice % min(3, names.count)] : names[choice % names.count])
            }
            node.output = (0...next() % 3).map { "n\(index).\($0)" }
            for _ in 0..<next() % 4 { node.attribute.append(attribute()) }
            model.graph.node.append(node)
            names += node.output
        } while !isAtEnd && model.graph.node.count < 24
        // A prediction, whatever the last value is.
        model.graph.node.append(.with { ($0.opType, $0.input, $0.output) = ("Mul", ["x", "v"], ["base"]) })
        model.graph.node.append(
            .with {
                ($0.opType, $0.input, $0.output) = ("Cast", [names.last!], ["real"])
                $0.attribute = [.with { ($0.name, $0.type, $0.i) = ("to", .int, 1) }]
            })
        model.graph.node.append(.with { ($0.opType, $0.input, $0.output) = ("Add", ["base", "real"], ["y"]) })
        model.graph.output = [.with { $0.name = "y" }]
        return model
    }

    private func input(_ name: String, _ sizes: [Int64], _ type: Int32) -> ONNXValueInfoProto {
        .with { value in
            value.name = name
            value.type.tensorType.elemType = type
            value.type.tensorType.shape.dim =
                [.with { $0.dimParam = "batch" }] + sizes.map { size in .with { $0.dimValue = size } }
        }
    }
    private func weight(_ name: String, _ sizes: [Int64]) -> ONNXTensorProto {
        .with {
            ($0.name, $0.dims, $0.dataType) = (name, sizes, 1)
            $0.floatData = (0..<sizes.reduce(1, *)).map { Float($0 * 7 % 11) / 8 - 0.5 }
        }
    }
    /// A constant: a shape of at most two axes and integers, reals or booleans.
    private mutating func list(_ name: String) -> ONNXTensorProto {
        var tensor = ONNXTensorProto()
        tensor.name = name
        tensor.dims = (0..<next() % 3).map { _ in pick(Self.sizes) }
        let count = Int(tensor.dims.reduce(1, *))
        switch next() % 8 {
        case 0: (tensor.dataType, tensor.floatData) = (1, (0..<count).map { _ in pick(Self.reals) })
        case 1: (tensor.dataType, tensor.int32Data) = (9, (0..<count).map { _ in Int32(next() % 2) })
        default: (tensor.dataType, tensor.int64Data) = (7, (0..<count).map { _ in pick(Self.numbers) })
        }
        return tensor
    }
    private mutating func attribute() -> ONNXAttributeProto {
        var attribute = ONNXAttributeProto()
        attribute.name = pick(Self.attributes)
        switch next() % 6 {
        case 0, 1: (attribute.type, attribute.i) = (.int, pick(Self.numbers))
        case 2: (attribute.type, attribute.ints) = (.ints, (0..<next() % 7).map { _ in pick(Self.numbers) })
        case 3: (attribute.type, attribute.s) = (.string, Data(pick(Self.texts).utf8))
        case 4: (attribute.type, attribute.f) = (.float, pick(Self.reals))
        default: (attribute.type, attribute.t) = (.tensor, list(""))
        }
        return attribute
    }
}
