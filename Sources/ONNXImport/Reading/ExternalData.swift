import Curvature
import Foundation
import Kernels

/// The files beside a model that hold values of its tensors. Each is mapped once, whatever its size, and a tensor's
/// bytes are a slice of the mapping: nothing is copied.
struct ExternalData {
    /// The model's file; nil for a model in memory.
    private let model: URL?
    private var files: [String: Data] = [:]
    /// The files that were opened.
    private(set) var mapped: [MappedFile] = []

    init(model: URL?) { self.model = model }

    /// Gives the graph's tensors, those in attributes and branches included, the bytes that they say are elsewhere.
    mutating func resolve(_ graph: inout ONNXGraphProto, model: String) throws {
        for index in graph.initializer.indices where graph.initializer[index].isExternal {
            let place = "initializer '\(graph.initializer[index].name)'"
            try resolve(&graph.initializer[index], "\(model): \(place)")
        }
        try resolve(&graph.node, model: model)
    }

    mutating func resolve(_ nodes: inout [ONNXNodeProto], model: String) throws {
        for index in nodes.indices where nodes[index].attribute.contains(where: \.mayBeExternal) {
            let place = nodes[index].place
            for attribute in nodes[index].attribute.indices where nodes[index].attribute[attribute].mayBeExternal {
                if nodes[index].attribute[attribute].hasT, nodes[index].attribute[attribute].t.isExternal {
                    try resolve(&nodes[index].attribute[attribute].t, "\(model): \(place)")
                }
                if nodes[index].attribute[attribute].hasG {
                    try resolve(&nodes[index].attribute[attribute].g, model: model)
                }
            }
        }
    }

    private mutating func resolve(_ tensor: inout ONNXTensorProto, _ place: String) throws {
        func invalid(_ what: String) -> ONNXImportError { ONNXImportError(.invalid, "\(place): \(what)") }
        let entries = Dictionary(tensor.externalData.map { ($0.key, $0.value) }, uniquingKeysWith: { $1 })
        guard let location = entries["location"], !location.isEmpty else {
            throw invalid("its values are in another file, but it does not say in which (external_data: location)")
        }
        let parts = location.split(separator: "/", omittingEmptySubsequences: false)
        guard !location.hasPrefix("/"), !parts.contains(".."), !location.contains("\\"), !location.contains("\0") else {
            throw invalid(
                "its values are in \(OneLine.quoted(location)); only files within the model's own folder are read")
        }
        func number(_ key: String) throws -> Int? {
            guard let text = entries[key] else { return nil }
            guard let number = Int(text), number >= 0 else {
                throw invalid("its external data has the \(key) \(OneLine.quoted(text)); expected a number from 0")
            }
            return number
        }
        let file = try contents(of: location, place)
        let offset = try number("offset") ?? 0
        guard offset <= file.count else {
            throw invalid("its values begin at byte \(offset) of '\(location)', which has \(file.count) bytes")
        }
        let length = try number("length") ?? tensor.byteCount ?? file.count - offset
        guard length <= file.count - offset else {
            throw invalid(
                "its values are bytes \(offset) to \(offset.addingReportingOverflow(length).partialValue) of '\(location)', "
                    + "which has \(file.count) bytes; the file is cut off or belongs to another model")
        }
        let first = file.startIndex + offset
        tensor.rawData = file[first..<first + length]
        tensor.externalData = []
        tensor.dataLocation = .default
    }

    private mutating func contents(of location: String, _ place: String) throws -> Data {
        if let file = files[location] { return file }
        guard let model else {
            throw ONNXImportError(
                .unreadable,
                "\(place): its values are in the file '\(location)', and a model in memory has no folder to look for it; "
                    + "read the model from its file")
        }
        let url = model.deletingLastPathComponent().appendingPathComponent(location)
        guard isBeside(url, model) else {
            throw ONNXImportError(
                .invalid,
                "\(place): its values are in '\(location)', which is a link to a file outside of the model's folder; "
                    + "copy that file into the folder")
        }
        do throws(FileError) {
            // Not as Foundation opens files: a pipe of this name would be waited for.
            let file = try MappedFile(path: url.path)
            mapped.append(file)
            files[location] = file.data
            return file.data
        } catch {
            throw ONNXImportError(
                .unreadable,
                "\(place): its values are in '\(location)' in the model's folder, which cannot be read; "
                    + "keep the two files together")
        }
    }

    /// Whether links lead no further than the model's folder, or than the one that the model itself is linked from: caches
    /// of downloaded models keep all files of one in such a folder.
    private func isBeside(_ url: URL, _ model: URL) -> Bool {
        let file = url.resolvingSymlinksInPath().pathComponents
        return [
            model.deletingLastPathComponent().resolvingSymlinksInPath(),
            model.resolvingSymlinksInPath().deletingLastPathComponent(),
        ]
        .contains { file.starts(with: $0.pathComponents) }
    }
}

extension ONNXTensorProto {
    var isExternal: Bool { dataLocation == .external || !externalData.isEmpty }
}

extension ONNXAttributeProto {
    fileprivate var mayBeExternal: Bool { hasG || (hasT && t.isExternal) }
}
