import Curvature
import Foundation

/// What an ONNX file holds, told even where it cannot be run: its inputs and outputs, its operators, and which of its
/// tensors are parameters, and why.
public struct ONNXInspection: Sendable {
    /// An input or output as the file declares it.
    public struct Value: Sendable {
        /// As the file calls it.
        public let name: String
        /// "float32(batch, 64)".
        public let type: String
    }
    /// A floating-point initializer with at least one axis.
    public struct Weight: Sendable {
        /// As the file calls it.
        public let name: String
        /// The extents, row-major.
        public let shape: [Int]
        /// nil where that cannot be told because the model cannot be read.
        public let isTrainable: Bool?
        /// Why it is a parameter, or why not.
        public let reason: String
    }
    /// An operator and how often it is used.
    public struct Operator: Sendable {
        /// With the domain in front where it is not ONNX's own.
        public let name: String
        /// Its nodes.
        public let count: Int
    }

    /// The file's name.
    public let file: String
    /// The exporter, as it names itself.
    public let producer: String
    /// The version of ONNX's operators.
    public let operatorSet: Int
    /// What a data set has to bring.
    public let inputs: [Value]
    /// The first is the prediction.
    public let outputs: [Value]
    /// In file order, those that are left out included.
    public let parameters: [Weight]
    /// The most frequent first.
    public let operators: [Operator]
    /// Those between the inputs and the prediction that are not supported.
    public let unsupported: [Operator]
    /// What a user should know, one line each.
    public let notes: [String]
    /// Why the model cannot be read; nil where it can.
    public let problem: String?

    /// - Parameters:
    ///   - url: Of the file.
    ///   - inputShapes: As for `Model.onnx`. Where they are missing, open sizes are given some value to look at the
    ///     rest.
    ///   - examples: As for `Model.onnx`.
    /// - Throws: `ONNXImportError` where there is nothing to tell of: not an ONNX file, or a damaged one.
    public init(_ url: URL, inputShapes: [String: [Int]] = [:], examples: Int? = nil) throws {
        try self.init(ONNXFile(url), inputShapes: inputShapes, examples: examples)
    }

    init(_ file: ONNXFile, inputShapes: [String: [Int]], examples: Int?) throws {
        self.file = file.name
        producer = [file.model.producerName, file.model.producerVersion].filter { !$0.isEmpty }.joined(separator: " ")
        operatorSet = file.opsets[""] ?? 0
        inputs = file.dataInputs.map(Value.init)
        outputs = file.graph.output.map(Value.init)
        func sorted(_ counts: [String: Int]) -> [Operator] {
            counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { Operator(name: $0.key, count: $0.value) }
        }
        operators = sorted(file.operatorCounts())
        unsupported = sorted(file.unsupportedOperators())
        switch Result(catching: { try file.modelToLookAt(inputShapes: inputShapes, examples: examples) }) {
        case .success(let model):
            parameters = model.parameters.map {
                Weight(name: $0.name, shape: $0.shape, isTrainable: $0.isTrainable, reason: $0.reason)
            }
            let meeting = model.onlyBatchReason.map { ["runs only with all examples as one batch: \($0)"] } ?? []
            (notes, problem) = (
                model.notes + meeting + RecurrentParameters(file).notes + ONNXInspection.madeNotes(model), nil
            )
        case .failure(let error):
            parameters = try FileWeights(file).parameters.map {
                Weight(
                    name: $0.name, shape: $0.sizes, isTrainable: nil, reason: "not known, as the model cannot be read")
            }
            (notes, problem) = ([], "\(error)")
        }
    }
}

extension ONNXInspection {
    /// What is said of parameters that an exporter made of the network's own: nothing tells what they are of these.
    private static func madeNotes(_ model: Model) -> [String] {
        let made = (model.order?.made ?? []).sorted().map { model.parameters[$0] }.filter {
            $0.isTrainable && $0.pieces.isEmpty
        }
        guard !made.isEmpty else { return [] }
        let names = made.prefix(6).map(\.name) + (made.count > 6 ? ["\(made.count - 6) more"] : [])
        return [
            "names that the exporter made up: \(names.joined(separator: ", ")); it made these of the network's parameters, most often transposed, so "
                + "vectors and weights in the network's own order and names do not go with them; "
                + "export with torch.onnx.export(..., optimize=False) to have the network's own"
        ]
    }
}

extension ONNXInspection.Value {
    init(_ value: ONNXValueInfoProto) {
        name = value.name
        guard case .tensorType(let tensor)? = value.type.value else {
            type = value.type.value == nil ? "of a type that is not stated" : "not a tensor"
            return
        }
        let element = ONNXTensorProto.DataType(rawValue: Int(tensor.elemType)).map(ONNXTensorProto.name) ?? "unknown"
        let sizes = tensor.shape.dim.map { dimension in
            switch dimension.value {
            case .dimValue(let size)?: "\(size)"
            case .dimParam(let name)? where !name.isEmpty: name
            default: "?"
            }
        }
        // Named as in a data file.
        let names = ["float": "float32", "double": "float64"]
        type = (names[element] ?? element) + (tensor.hasShape ? "(\(sizes.joined(separator: ", ")))" : " of any shape")
    }
}

extension ONNXFile {
    /// The model, with stand-ins for what only data could settle.
    fileprivate func modelToLookAt(inputShapes: [String: [Int]], examples: Int?) throws -> Model {
        let first: any Error
        do {
            return try model(inputShapes: inputShapes, examples: examples)
        } catch {
            first = error
        }
        // The only difference between these is whether they fit what the exporter fixed elsewhere.
        for standIn in [8, 16, 4, 2, 1] {
            let count = examples ?? fixedBatch ?? standIn
            if let model = try? model(inputShapes: inputShapes, examples: count, standIn: standIn) { return model }
        }
        throw first
    }
    private var fixedBatch: Int? { try? OpenDimensions(self, shapes: [:]).fixedBatch }
}

extension ONNXInspection: CustomStringConvertible {
    /// Several lines for a person to read.
    public var description: String {
        var lines = ["\(file): operator set \(operatorSet)" + (producer.isEmpty ? "" : ", written by \(producer)")]
        func section(_ title: String, _ rows: [[String]]) {
            lines += ["", title]
            let widths = (0..<(rows.first?.count ?? 0)).map { column in rows.map { $0[column].count }.max() ?? 0 }
            for row in rows {
                let cells = zip(row, widths).map {
                    $0.padding(toLength: max($1, $0.count), withPad: " ", startingAt: 0)
                }
                lines.append("  " + cells.joined(separator: "  ").trimmingTrailingSpaces)
            }
        }
        section("inputs", inputs.map { [$0.name, $0.type] })
        section("outputs (the first is the prediction)", outputs.map { [$0.name, $0.type] })
        let selected = parameters.filter { $0.isTrainable == true }
        let total = selected.reduce(0) { $0 + $1.shape.reduce(1, *) }
        let noun = selected.count == 1 ? "parameter" : "parameters"
        let title = problem == nil ? "\(selected.count) \(noun), \(total) numbers" : "floating-point tensors"
        section(title, selected.map { [$0.name, shapeText($0.shape), $0.reason] })
        let others = parameters.filter { $0.isTrainable != true }
        if problem != nil {
            lines += others.map { "  \($0.name)  \(shapeText($0.shape))" }
        } else if !others.isEmpty {
            section("left out (--parameters takes them in)", others.map { [$0.name, shapeText($0.shape), $0.reason] })
        }
        section("operators", operators.map { [$0.name, "\($0.count)"] })
        if !unsupported.isEmpty { section("not supported", unsupported.map { [$0.name, "\($0.count)"] }) }
        lines += notes.isEmpty ? [] : [""] + notes.map { "note: \($0)" }
        if let problem { lines += ["", "cannot be read: \(problem)"] }
        return lines.joined(separator: "\n")
    }
    private func shapeText(_ shape: [Int]) -> String { "(" + shape.map(String.init).joined(separator: ", ") + ")" }
}

extension String {
    fileprivate var trimmingTrailingSpaces: String {
        var text = self
        while text.last == " " { text.removeLast() }
        return text
    }
}
