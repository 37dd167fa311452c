import Curvature

/// The weights of recurrent networks as PyTorch has them, where a file has them as ONNX does: PyTorch's exporters put the gates in ONNX's
/// order, both directions in one tensor and both biases in another, under names that they make up.
struct RecurrentParameters {
    /// What an initializer is made of, by its name.
    private(set) var pieces: [String: [CheckpointPiece]] = [:]
    /// What it holds, one line for each initializer, in the order of the nodes.
    private(set) var notes: [String] = []

    /// The gates of an operator, and for each of ONNX's the place that PyTorch has it at.
    private static let gates: [String: (onnx: String, pytorch: String, places: [Int])] = [
        "LSTM": ("input, output, forget, candidate", "input, forget, candidate, output", [0, 3, 1, 2]),
        "GRU": ("update, reset, candidate", "reset, update, candidate", [1, 0, 2]),
        "RNN": ("", "", [0]),
    ]

    init(_ file: ONNXFile) {
        let shapes = Dictionary(
            file.graph.initializer.map { ($0.name, $0.dims.map(Int.init)) }, uniquingKeysWith: { first, _ in first })
        var layers: [String: Int] = [:]
        for node in file.neededNodes where ONNXFile.domain(node.domain).isEmpty {
            guard let gates = RecurrentParameters.gates[node.opType], node.input.count > 2 else { continue }
            let path = node.modulePath
            let layer = layers[path ?? "", default: 0]
            layers[path ?? "", default: 0] += 1
            let inputs = node.input.indices.dropFirst().prefix(3).map { (place: $0, name: node.input[$0]) }
            for (place, name) in inputs where pieces[name] == nil {
                guard let shape = shapes[name], let own = RecurrentParameters.tensors(place, shape, gates.places.count)
                else { continue }
                let names = own.map { tensor in
                    tensor.names.map {
                        (path.map { $0.isEmpty ? "" : "\($0)." } ?? "") + "\($0)_l\(layer)" + tensor.suffix
                    }
                }
                if path != nil {
                    pieces[name] = zip(own, names).flatMap { tensor, names in
                        names.flatMap { RecurrentParameters.reordered($0, tensor.shape, gates.places) }
                    }
                }
                notes.append(
                    RecurrentParameters.note(
                        name, names.flatMap(\.self), gates.onnx, gates.pytorch, isKnown: path != nil, node))
            }
        }
    }

    /// What one direction after the other of an operator's input is made of, in PyTorch's words; nil where the shape is none that it has.
    private static func tensors(
        _ place: Int, _ shape: [Int], _ gates: Int
    ) -> [(names: [String], shape: [Int], suffix: String)]? {
        guard shape.count == (place == 3 ? 2 : 3), shape[0] == 1 || shape[0] == 2, shape[1] > 0,
            shape[1] % (place == 3 ? 2 * gates : gates) == 0
        else { return nil }
        return ["", "_reverse"].prefix(shape[0]).map { suffix in
            switch place {
            case 1: (["weight_ih"], Array(shape[1...]), suffix)
            case 2: (["weight_hh"], Array(shape[1...]), suffix)
            default: (["bias_ih", "bias_hh"], [shape[1] / 2], suffix)
            }
        }
    }

    /// PyTorch's rows in ONNX's order of gates.
    private static func reordered(_ name: String, _ shape: [Int], _ places: [Int]) -> [CheckpointPiece] {
        let count = shape.reduce(1, *) / places.count
        return places.map {
            CheckpointPiece(tensor: name, shape: shape, elements: $0 * count..<($0 + 1) * count)
        }
    }

    private static func note(
        _ name: String, _ tensors: [String], _ onnx: String, _ pytorch: String, isKnown: Bool, _ node: ONNXNodeProto
    ) -> String {
        let list = tensors.joined(separator: ", ")
        var text = "\(name) is \(list) of \(isKnown ? "the network" : node.place)"
        if tensors.count > 1 { text += ", one after the other" }
        if !onnx.isEmpty { text += ", with the gates in ONNX's order (\(onnx); PyTorch's is \(pytorch))" }
        if tensors.contains(where: { $0.contains("bias_") }) {
            text +=
                "; Kronecker-factored, it has a block of its own, of sums over positions, and no part in those of the layers"
        }
        return isKnown
            ? text + "; --vector and --weights take PyTorch's tensors as they are"
            : text + "; a vector or weights in PyTorch's order have to be put in this one"
    }
}

extension ONNXNodeProto {
    /// The module of PyTorch that the node was made for, as parameters' names begin; nil where nothing tells.
    fileprivate var modulePath: String? {
        if let scopes = metadataProps.first(where: { $0.key == "pkg.torch.onnx.name_scopes" })?.value {
            // "['', 'encoder', 'encoder.rnn', 'lstm']": the modules from the outermost, then the function.
            let names = scopes.split(separator: "'", omittingEmptySubsequences: false).enumerated()
                .filter { $0.offset % 2 == 1 }.map { String($0.element) }
            return names.count > 1 ? names[names.count - 2] : nil
        }
        // "/encoder/rnn/LSTM_1"
        guard name.hasPrefix("/"), let last = name.split(separator: "/").last, last.hasPrefix(opType) else {
            return nil
        }
        return name.split(separator: "/").dropLast().joined(separator: ".")
    }
}
