import Kernels

/// Several sources as one. A tensor that is in several of them is their examples in order; one that is in a single
/// source is taken from there.
package struct JoinedSource: DataSource {
    package let origin: String
    package let tensors: [String: DataTensor]
    /// Where each tensor's pieces are: the source, and the elements before it and in it.
    private let pieces: [String: [Piece]]
    private let sources: [any DataSource]

    private struct Piece {
        var source: Int
        var elements: Range<Int>
    }

    /// - Throws: ``ProblemError`` where the pieces of a tensor differ in more than the number of examples.
    package init(_ sources: [any DataSource]) throws {
        self.sources = sources
        origin = sources.map(\.origin).joined(separator: ", ")
        var tensors: [String: DataTensor] = [:]
        var pieces: [String: [Piece]] = [:]
        for (index, source) in sources.enumerated() {
            for (name, tensor) in source.tensors.sorted(by: { $0.key < $1.key }) {
                let count = tensor.shape.reduce(1, *)
                guard var joined = tensors[name] else {
                    tensors[name] = tensor
                    pieces[name] = [Piece(source: index, elements: 0..<count)]
                    continue
                }
                let first = sources[pieces[name]![0].source].origin
                guard !joined.shape.isEmpty, joined.shape.dropFirst() == tensor.shape.dropFirst(),
                    !tensor.shape.isEmpty, joined.isInteger == tensor.isInteger
                else {
                    throw ProblemError(
                        .data,
                        "\(source.origin): \(OneLine.quoted(name)) has shape \(tensor.shape)\(tensor.isInteger ? " (integers)" : ""), "
                            + "but \(first) has \(joined.shape)\(joined.isInteger ? " (integers)" : ""); "
                            + "files of one data set may differ in the number of examples only")
                }
                // Tensors without elements may have any number of examples.
                let (examples, overflow) = joined.shape[0].addingReportingOverflow(tensor.shape[0])
                guard !overflow else {
                    throw ProblemError(.data, "\(source.origin): \(OneLine.quoted(name)) has too many examples")
                }
                joined.shape[0] = examples
                tensors[name] = joined
                let start = pieces[name]!.last!.elements.upperBound
                pieces[name]!.append(Piece(source: index, elements: start..<start + count))
            }
        }
        (self.tensors, self.pieces) = (tensors, pieces)
    }

    package func read(_ name: String, from start: Int, into destination: Operand) throws {
        let wanted = start..<start + destination.count
        for piece in pieces[name]! {
            let part = piece.elements.clamped(to: wanted)
            guard !part.isEmpty else { continue }
            try sources[piece.source].read(
                name, from: part.lowerBound - piece.elements.lowerBound,
                into: destination.elements(from: part.lowerBound - start, count: part.count))
        }
    }
}
