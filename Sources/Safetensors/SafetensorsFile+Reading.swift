import Kernels

/// How elements came from the file into the caller's buffer.
public enum SafetensorsTransfer: Hashable, Sendable {
    /// Byte by byte: they are stored as what was asked for.
    case copied
    /// One by one, from the type that they are stored as.
    case converted(from: SafetensorsDType)
}

extension SafetensorsFile {
    /// Fills `destination` with consecutive elements of a tensor, beginning with element `start` in row-major order.
    ///
    ///     // Examples 100 to 131 of a tensor of shape (N, 64)
    ///     try file.read("inputs", from: 100 * 64, into: &batch)  // batch has room for 32 * 64
    ///
    /// Floating point values may be read as `Float` or `Double`, all others also as `Int64`:
    /// - `F16`, `BF16`, `F32` are exact in either, `F64` is rounded to nearest when read as `Float`,
    /// - integers are exact as `Int64`, and rounded to nearest where a `Float` or `Double` cannot hold them,
    /// - `BOOL` is 0 or 1.
    ///
    /// - Throws: ``SafetensorsError`` if there is no such tensor or range, if the elements are fractions and integers
    ///   were asked for, or if one is beyond `Int64`. NaN and infinity are no errors here.
    /// - Complexity: O(*n*) in the size of `destination`. Only the pages that hold these elements are read from disk.
    @discardableResult
    public func read<Element: SafetensorsElement>(
        _ name: String, from start: Int = 0, into destination: inout MutableSpan<Element>
    ) throws(SafetensorsError) -> SafetensorsTransfer {
        let entry = try entry(name)
        let count = destination.count
        guard start >= 0, start <= entry.count, count <= entry.count - start else {
            let asked = count == 0 ? "a position of \(start)" : "a request for \(count) from \(start)"
            throw SafetensorsError(
                .range, path: path, tensor: name,
                "expected a range within \(entry.count) elements, found \(asked); check the range against its shape \(entry.shape)"
            )
        }
        let size = entry.dtype.byteCount
        let first = entry.byteRange.lowerBound + start * size
        do throws(ElementConversionError) {
            return try file.withBytes(in: first..<first + count * size) { (bytes) throws(ElementConversionError) in
                try Element.readStored(bytes, of: entry.dtype, into: &destination)
            }
        } catch {
            let message =
                switch error {
                case .fractions:
                    "expected integers, found \(entry.dtype); save it as I64"
                case .tooLarge(let index, let value):
                    "expected integers up to \(Int64.max), found \(value) at element \(start + index); use smaller ones"
                }
            throw SafetensorsError(.conversion, path: path, tensor: name, message)
        }
    }

    /// All elements of a tensor in row-major order, converted as ``read(_:from:into:)`` does it.
    ///
    /// Inlinable so that the array is made by code that knows its type.
    @inlinable
    public func values<Element: SafetensorsElement>(
        of name: String, as type: Element.Type = Element.self
    ) throws(SafetensorsError) -> [Element] {
        var values = [Element](repeating: Element.zero, count: try entry(name).count)
        var span = values.mutableSpan
        try read(name, into: &span)
        return values
    }

    /// Lends the bytes of a tensor as they are in the file, without a copy.
    ///
    /// - Throws: ``SafetensorsError`` if there is no such tensor, and what `body` throws.
    public func withBytes<Result>(of name: String, _ body: (RawSpan) throws -> Result) throws -> Result {
        try file.withBytes(in: try entry(name).byteRange, body)
    }

    /// Lends the elements of a tensor in place, without a copy.
    ///
    /// - Returns: `nil`, without calling `body`, if the elements are stored as another type, or are not aligned.
    /// - Throws: ``SafetensorsError`` if there is no such tensor, and what `body` throws.
    public func withElements<Element: SafetensorsElement, Result>(
        of name: String, as type: Element.Type = Element.self, _ body: (Span<Element>) throws -> Result
    ) throws -> Result? {
        let entry = try entry(name)
        guard entry.dtype == Element.safetensorsDType, entry.isAligned else { return nil }
        return try file.withBytes(in: entry.byteRange) { bytes in
            try bytes.withUnsafeBytes { try body($0.assumingMemoryBound(to: Element.self).span) }
        }
    }
}
