/// Access to single elements, for what is small: constants, scalars, tests. Operands must be contiguous.
extension Operand {
    /// Writes numbers in row-major order, converted to the operand's storage.
    package func fill<Values: Collection>(_ values: Values) where Values.Element: BinaryFloatingPoint {
        fill(values, real: { Double($0) }, integer: { Int64($0) })
    }
    package func fill<Values: Collection>(_ values: Values) where Values.Element: BinaryInteger {
        fill(values, real: { Double($0) }, integer: { Int64($0) })
    }
    package func fill(_ values: [Bool]) { fill(values.map { $0 ? Int64(1) : 0 }) }

    private func fill<Values: Collection>(
        _ values: Values, real: (Values.Element) -> Double, integer: (Values.Element) -> Int64
    ) {
        precondition(isContiguous && values.count == count)
        switch storage {
        case .float32: for (i, value) in values.enumerated() { pointer(Float.self)[i] = Float(real(value)) }
        case .float64: for (i, value) in values.enumerated() { pointer(Double.self)[i] = real(value) }
        case .int64: for (i, value) in values.enumerated() { pointer(Int64.self)[i] = integer(value) }
        case .bool: for (i, value) in values.enumerated() { pointer(UInt8.self)[i] = real(value) != 0 ? 1 : 0 }
        }
    }

    /// The elements in row-major order as Double.
    package var doubles: [Double] {
        precondition(isContiguous)
        return switch storage {
        case .float32: (0..<count).map { Double(pointer(Float.self)[$0]) }
        case .float64: (0..<count).map { pointer(Double.self)[$0] }
        case .int64: (0..<count).map { Double(pointer(Int64.self)[$0]) }
        case .bool: (0..<count).map { Double(pointer(UInt8.self)[$0]) }
        }
    }

    /// `count` consecutive elements of a contiguous operand, as a list.
    package func elements(from start: Int, count: Int) -> Operand {
        precondition(isContiguous && start >= 0 && count >= 0 && start + count <= self.count)
        return Operand(address: address + start * storage.byteCount, storage: storage, sizes: [count])
    }

    /// The index of the first element that is not finite; nil where all are.
    package var firstNonFinite: Int? {
        switch storage {
        case .float32: (0..<count).first { !pointer(Float.self)[$0].isFinite }
        case .float64: (0..<count).first { !pointer(Double.self)[$0].isFinite }
        case .int64, .bool: nil
        }
    }

    /// Lends the elements as a span.
    package func withMutableSpan<Element: BitwiseCopyable, Result>(
        of type: Element.Type, _ body: (inout MutableSpan<Element>) throws -> Result
    ) rethrows -> Result {
        precondition(isContiguous && MemoryLayout<Element>.stride == storage.byteCount)
        var span = MutableSpan(_unsafeStart: pointer(type), count: count)
        return try body(&span)
    }

    private func pointer<Element>(_ type: Element.Type) -> UnsafeMutablePointer<Element> {
        address.assumingMemoryBound(to: type)
    }
}
