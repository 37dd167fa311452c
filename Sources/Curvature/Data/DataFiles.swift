import Foundation

extension TensorSource {
    /// The tensors of one file or of several: safetensors, NumPy's `.npz`, or `.npy`, whose one tensor is named as the file.
    ///
    /// A tensor that is in several files is one, with their examples in order.
    ///
    /// - Throws: an error of a file, or ``ProblemError`` where the pieces of a tensor do not fit.
    public static func files(_ urls: [URL]) throws -> TensorSource {
        let sources: [any DataSource] = try urls.map { url in
            switch url.pathExtension.lowercased() {
            case "npy", "npz": try NumPySource(url)
            default: try SafetensorsSource(url)
            }
        }
        return TensorSource(source: sources.count == 1 ? sources[0] : try JoinedSource(sources))
    }
}
