import Curvature
import Foundation
import Kernels
import SwiftProtobuf
import TensorIR

/// A parsed file whose structure has been checked: names are unique, every value is computed before it is used, and
/// every constant has as many elements as its shape says.
struct ONNXFile {
    /// The file's name, for messages.
    let name: String
    let model: ONNXModelProto
    /// The version of each operator domain; "" is ONNX's own.
    let opsets: [String: Int]
    let functions: [FunctionKey: ONNXFunctionProto]
    /// The files whose bytes its tensors lend.
    let mapped: [MappedFile]
    /// The output that is the prediction: the first unless another is chosen.
    private(set) var predictionName: String

    struct FunctionKey: Hashable {
        var domain: String
        var name: String
        var overload: String
    }

    var graph: ONNXGraphProto { model.graph }

    init(_ url: URL) throws {
        let file: MappedFile
        do throws(FileError) {
            file = try MappedFile(path: url.path)
        } catch {
            throw ONNXImportError(.unreadable, "\(url.relativePath): \(error.message)")
        }
        try self.init(file.data, name: url.lastPathComponent, url: url, mapped: file)
    }

    /// - Parameter url: Where the bytes come from, for files beside it; nil for a model in memory.
    init(_ data: Data, name: String, url: URL? = nil, mapped file: MappedFile? = nil) throws {
        self.name = name
        func unreadable(_ what: String) -> ONNXImportError { ONNXImportError(.unreadable, "\(name): \(what)") }
        guard !data.isEmpty else { throw unreadable("the file is empty; expected an ONNX model") }
        var model: ONNXModelProto
        let large = RawDataFields(of: data)
        do {
            model = try ONNXModelProto(serializedBytes: large?.model ?? data)
        } catch BinaryDecodingError.truncated {
            throw unreadable(
                ONNXFile.expected(
                    data,
                    "found a file that is cut off after \(data.count) bytes, or another one; copy or export it again"))
        } catch {
            throw unreadable(
                ONNXFile.expected(data, "found a damaged one or another file; copy or export it again"))
        }
        guard model.hasGraph else { throw unreadable("it holds no graph; expected an ONNX model") }
        for (index, range) in large?.ranges ?? [:] { model.graph.initializer[index].rawData = data[range] }
        var external = ExternalData(model: url)
        try external.resolve(&model.graph, model: name)
        for index in model.functions.indices { try external.resolve(&model.functions[index].node, model: name) }
        self.model = model
        mapped = [file].compactMap(\.self) + external.mapped
        predictionName = model.graph.output.first?.name ?? ""
        var opsets: [String: Int] = [:]
        for entry in model.opsetImport { opsets[ONNXFile.domain(entry.domain)] = Int(entry.version) }
        self.opsets = opsets
        var functions: [FunctionKey: ONNXFunctionProto] = [:]
        for function in model.functions {
            functions[FunctionKey(domain: function.domain, name: function.name, overload: function.overload)] = function
        }
        self.functions = functions
        try checkStructure()
    }

    /// What is wrong with bytes that are no model: what they are, if their beginning tells, and otherwise what else is known.
    private static func expected(_ data: Data, _ other: String) -> String {
        guard let signature = FileSignature(of: data.prefix(FileSignature.length)), signature.name != FileSignature.onnx
        else { return "expected an ONNX model, \(other)" }
        let remedy = signature.remedy ?? "export the network to ONNX, for example with torch.onnx.export"
        return "expected an ONNX model, found \(signature.name); \(remedy)"
    }

    /// The same file with another of its outputs as the prediction.
    func predicting(_ output: String?) throws -> ONNXFile {
        guard let output else { return self }
        let names = graph.output.map(\.name)
        guard names.contains(output) else {
            throw ONNXImportError(
                .data,
                "\(name): the model has no output \(OneLine.quoted(output)); its outputs are "
                    + names.map { OneLine.quoted($0) }.joined(separator: ", "))
        }
        var file = self
        file.predictionName = output
        return file
    }

    /// ONNX's own operators may be named either way.
    static func domain(_ domain: String) -> String { domain == "ai.onnx" ? "" : domain }

    func function(for node: ONNXNodeProto) -> ONNXFunctionProto? {
        functions[FunctionKey(domain: node.domain, name: node.opType, overload: node.overload)]
    }

    /// The graph inputs that a data set has to bring: those without a default.
    var dataInputs: [ONNXValueInfoProto] {
        let constants = Set(graph.initializer.map(\.name))
        return graph.input.filter { !constants.contains($0.name) }
    }

    private func checkStructure() throws {
        func invalid(_ what: String) -> ONNXImportError { ONNXImportError(.invalid, "\(name): \(what)") }
        guard !graph.output.isEmpty else { throw invalid("the graph has no output; expected one, the prediction") }
        guard graph.sparseInitializer.isEmpty else {
            throw ONNXImportError(
                .unsupported, "\(name): sparse initializers are not supported; export the model with dense ones")
        }
        guard let opset = opsets[""] else {
            throw invalid("it does not say which version of ONNX's operators it uses (opset_import)")
        }
        guard opset >= 7 else {
            throw ONNXImportError(
                .unsupported, "\(name): operator set \(opset) is not supported; export the model with 13 or later")
        }
        for tensor in graph.initializer {
            do { try tensor.checkStorage() } catch let error as GraphError {
                throw invalid("initializer '\(tensor.name)': \(error.message)")
            }
        }
        try checkNames(invalid)
    }

    private func checkNames(_ invalid: (String) -> ONNXImportError) throws {
        var known: Set<String> = []
        for tensor in graph.initializer where !known.insert(tensor.name).inserted {
            throw invalid("two initializers are named '\(tensor.name)'; names have to be unique")
        }
        for input in Set(graph.input.map(\.name)) { known.insert(input) }
        guard Set(graph.input.map(\.name)).count == graph.input.count else {
            throw invalid("two inputs have one name; names have to be unique")
        }
        let producers = Dictionary(
            graph.node.flatMap { node in node.output.map { ($0, node) } }, uniquingKeysWith: { first, _ in first })
        for node in graph.node {
            for input in node.readNames.sorted() where !known.contains(input) {
                let place = "\(name): \(node.place)"
                guard let producer = producers[input] else {
                    throw ONNXImportError(.invalid, "\(place): nothing computes its input '\(input)'")
                }
                throw ONNXImportError(
                    .invalid,
                    "\(place): its input '\(input)' is computed by \(producer.place), which comes later: "
                        + "nodes have to be in topological order, without cycles")
            }
            for output in node.output where !output.isEmpty && !known.insert(output).inserted {
                throw invalid("\(node.place): the name '\(output)' is already taken; names have to be unique")
            }
        }
        for output in graph.output where !known.contains(output.name) {
            throw invalid("nothing computes the output '\(output.name)'")
        }
    }
}

extension ONNXNodeProto {
    /// How messages name a node.
    var place: String {
        let output = output.first { !$0.isEmpty } ?? ""
        return name.isEmpty || name == output
            ? "node '\(output)' (\(opType))" : "node '\(name)' (\(opType), output '\(output)')"
    }

    /// All names that the node needs, those that its subgraphs take from outside included.
    var readNames: Set<String> {
        var names = Set(input)
        for attribute in attribute {
            for graph in attribute.graphs + (attribute.hasG ? [attribute.g] : []) { names.formUnion(graph.outerNames) }
        }
        names.remove("")
        return names
    }
}

extension ONNXGraphProto {
    /// What a subgraph reads without computing it.
    var outerNames: Set<String> {
        var inner = Set(input.map(\.name) + initializer.map(\.name))
        var outer: Set<String> = []
        for node in node {
            outer.formUnion(node.readNames.subtracting(inner))
            inner.formUnion(node.output)
        }
        return outer.union(output.map(\.name).filter { !inner.contains($0) })
    }
}
