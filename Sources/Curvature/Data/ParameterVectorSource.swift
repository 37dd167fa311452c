import Kernels

/// Vectors in parameter space that are files of one tensor for each parameter, beside a problem's other vectors.
struct ParameterVectorSource: DataSource {
    let base: any DataSource
    let vectors: [String: any DataSource]
    private let size: Int
    private let parts: [Part]
    var origin: String { base.origin }

    /// A parameter's entries and where they come from.
    private struct Part {
        var name: String
        var entries: Range<Int>
        /// Used where a file has no tensor of the parameter's name.
        var pieces: [CheckpointPiece]
    }

    /// - Parameter parameters: The selected ones, in order.
    init(base: any DataSource, vectors: [String: any DataSource], parameters: [Parameter]) {
        (self.base, self.vectors) = (base, vectors)
        var start = 0
        parts = parameters.map { parameter in
            defer { start += parameter.count }
            return Part(
                name: parameter.name, entries: start..<start + parameter.count, pieces: parameter.pieces)
        }
        size = start
    }

    var tensors: [String: DataTensor] {
        base.tensors.merging(vectors.mapValues { _ in DataTensor(shape: [size], isInteger: false) }) { $1 }
    }

    func read(_ name: String, from start: Int, into destination: Operand) throws {
        guard let vector = vectors[name] else { return try base.read(name, from: start, into: destination) }
        let wanted = start..<start + destination.count
        /// What of `entries`, the elements of a tensor from `first` on, is wanted.
        func read(_ tensor: String, _ entries: Range<Int>, from first: Int) throws {
            let part = entries.clamped(to: wanted)
            guard !part.isEmpty else { return }
            try vector.read(
                tensor, from: first + part.lowerBound - entries.lowerBound,
                into: destination.elements(from: part.lowerBound - start, count: part.count))
        }
        for part in parts {
            guard vector.tensors[part.name] == nil, !part.pieces.isEmpty else {
                try read(part.name, part.entries, from: 0)
                continue
            }
            var next = part.entries.lowerBound
            for piece in part.pieces {
                try read(piece.tensor, next..<next + piece.elements.count, from: piece.elements.lowerBound)
                next += piece.elements.count
            }
        }
    }
}
