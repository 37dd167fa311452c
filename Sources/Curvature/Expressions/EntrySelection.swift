/// Some entries of a vector, in an order of their own: those of parameters, by name, or of ranges.
package struct EntrySelection: Hashable, Sendable {
    /// As it was written.
    package var text: String
    /// Not empty, none within another.
    package var ranges: [Range<Int>]

    package init(text: String, ranges: [Range<Int>]) { (self.text, self.ranges) = (text, ranges) }

    package var count: Int { ranges.reduce(0) { $0 + $1.count } }

    /// - Parameters:
    ///   - text: Names of parameters or globs, or a range of entries as "100:200", separated by commas.
    ///   - size: Entries of the vector. Names mean something where these are the entries of the selected parameters.
    package init(_ text: String, size: Int, _ shape: ProblemShape) throws(KindError) {
        var ranges: [Range<Int>] = []
        for part in text.split(separator: ",") {
            let part = part.trimming { $0 == " " }
            let found = try EntrySelection.ranges(String(part), size: size, shape)
            for range in found where !ranges.contains(range) { ranges.append(range) }
        }
        let sorted = ranges.sorted { $0.lowerBound < $1.lowerBound }
        for (first, second) in zip(sorted, sorted.dropFirst()) where first.upperBound > second.lowerBound {
            throw KindError(
                "a selection", needs: "each entry once",
                found: "entry \(second.lowerBound) twice in \(OneLine.quoted(text))")
        }
        guard !ranges.isEmpty else {
            throw KindError(
                "a selection", needs: "the names of parameters or a range of entries", found: OneLine.quoted(text))
        }
        self.init(text: text, ranges: ranges)
    }

    private static func ranges(_ part: String, size: Int, _ shape: ProblemShape) throws(KindError) -> [Range<Int>] {
        let bounds = part.split(separator: ":", omittingEmptySubsequences: false).map { Int($0) }
        if bounds.count == 2, let start = bounds[0], let end = bounds[1], shape.extents(named: part).isEmpty {
            guard 0 <= start, start < end, end <= size else {
                throw KindError(
                    "a selection", needs: "a range within 0:\(size), the first entry and the one after the last",
                    found: OneLine.quoted(part))
            }
            return [start..<end]
        }
        guard size == shape.parameters else {
            throw KindError(
                "a selection", needs: "a range of entries as \"0:\(size)\", where the entries are not the parameters'",
                found: OneLine.quoted(part))
        }
        let found = shape.extents(named: part)
        guard !found.isEmpty else {
            throw KindError(
                "a selection", needs: "the name of a selected parameter, a glob, or a range as \"0:\(size)\"",
                found: OneLine.quoted(part),
                hint: NearestName.nearest(to: part, in: shape.parameterExtents.map(\.name)).map {
                    "did you mean \(OneLine.quoted($0))?"
                })
        }
        return found
    }
}

extension Substring {
    fileprivate func trimming(_ isSpace: (Character) -> Bool) -> Substring {
        var text = self
        while let first = text.first, isSpace(first) { text.removeFirst() }
        while let last = text.last, isSpace(last) { text.removeLast() }
        return text
    }
}
