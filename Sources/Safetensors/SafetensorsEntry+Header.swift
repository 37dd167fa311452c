extension SafetensorsEntry {
    /// The tensor that the header describes with `json`.
    ///
    /// - Throws: ``SafetensorsError`` that names the field. Sizes are multiplied with overflow checks: a header may say
    ///   anything.
    init(
        name: String, json field: JSONField<HeaderJSON.Tensor>, dataOffset: Int, dataSize: Int, path: String
    ) throws(SafetensorsError) {
        func error(_ expected: String, _ found: String, _ remedy: String = Remedy.save) -> SafetensorsError {
            SafetensorsError(.tensor, path: path, tensor: name, "expected \(expected), found \(found); \(remedy)")
        }
        guard case .value(let json) = field else {
            throw error("an object", Optional(field).found())
        }
        guard let dtypeName = json.dtype?.value else {
            throw error("a string as dtype", json.dtype.found())
        }
        guard let dtype = SafetensorsDType(rawValue: dtypeName) else {
            let known = SafetensorsDType.allCases.map(\.rawValue).joined(separator: ", ")
            throw error("a dtype of \(known)", quoted(dtypeName), "convert the tensor to one of these")
        }
        guard let shape = json.shape?.value, shape.allSatisfy({ $0 >= 0 }) else {
            throw error("integers of at least 0 as shape", json.shape.found())
        }
        guard let offsets = json.offsets?.value, offsets.count == 2, 0 <= offsets[0], offsets[0] <= offsets[1] else {
            throw error("data_offsets [begin, end] with 0 <= begin <= end", json.offsets.found())
        }
        guard let byteCount = dtype.byteCount(of: shape) else {
            throw error("a shape of at most \(Int.max) bytes", "\(dtype) \(shape)")
        }
        guard offsets[1] - offsets[0] == byteCount else {
            throw error(
                "data_offsets \(byteCount) bytes apart for \(dtype) \(shape)",
                "\(offsets), \(offsets[1] - offsets[0]) bytes apart")
        }
        guard offsets[1] <= dataSize else {
            throw error("data_offsets within \(dataSize) bytes of data", "\(offsets)", Remedy.copy)
        }
        self.init(
            name: name, dtype: dtype, shape: shape, byteRange: dataOffset + offsets[0]..<dataOffset + offsets[1])
    }
}

extension SafetensorsDType {
    /// The bytes of a tensor of `shape`, or `nil` if an `Int` cannot hold them.
    ///
    /// Nor may an `Int` overflow where a dimension of 0 is left out, so that whoever has a shape may multiply some of its
    /// dimensions, in any order.
    package func byteCount(of shape: [Int]) -> Int? {
        var product = byteCount
        for dimension in shape {
            let (next, overflow) = product.multipliedReportingOverflow(by: max(1, dimension))
            guard !overflow else { return nil }
            product = next
        }
        return shape.contains(0) ? 0 : product
    }
}
