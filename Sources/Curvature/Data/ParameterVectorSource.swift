import Kernels

/// Vectors in parameter space that are files of one tensor for each parameter, beside a problem's other vectors.
struct ParameterVectorSource: DataSource {
    let base: any DataSource
    let vectors: [String: any DataSource]
    let extents: [ParameterExtent]
    var origin: String { base.origin }

    var tensors: [String: DataTensor] {
        let size = extents.last?.entries.upperBound ?? 0
        return base.tensors.merging(vectors.mapValues { _ in DataTensor(shape: [size], isInteger: false) }) { $1 }
    }

    func read(_ name: String, from start: Int, into destination: Operand) throws {
        guard let vector = vectors[name] else { return try base.read(name, from: start, into: destination) }
        let wanted = start..<start + destination.count
        for extent in extents {
            let part = extent.entries.clamped(to: wanted)
            guard !part.isEmpty else { continue }
            try vector.read(
                extent.name, from: part.lowerBound - extent.entries.lowerBound,
                into: destination.elements(from: part.lowerBound - start, count: part.count))
        }
    }
}
