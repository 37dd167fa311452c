/// Elements from and to Swift's arrays, in row-major order, converted to the operand's storage. Operands must be contiguous.
///
/// `fill` has a function for each type that arrays have here, not a generic one: that would run unspecialized in other modules,
/// and far slower.
extension Operand {
    package func fill(_ values: UnsafeBufferPointer<Double>) { fill(values, real: { $0 }, integer: { Int64($0) }) }
    package func fill(_ values: ArraySlice<Double>) { values.withUnsafeBufferPointer { fill($0) } }
    package func fill(_ values: ArraySlice<Int64>) {
        values.withUnsafeBufferPointer { fill($0, real: { Double($0) }, integer: { $0 }) }
    }
    package func fill(_ values: [Double]) { fill(values[...]) }
    package func fill(_ values: [Float]) {
        values.withUnsafeBufferPointer { fill($0, real: { Double($0) }, integer: { Int64($0) }) }
    }
    package func fill(_ values: [Int64]) { fill(values[...]) }
    package func fill(_ values: [Int]) { fill(values.map { Int64($0) }) }
    package func fill(_ values: [Bool]) { fill(values.map { $0 ? Int64(1) : 0 }) }

    private func fill<Element>(
        _ values: UnsafeBufferPointer<Element>, real: (Element) -> Double, integer: (Element) -> Int64
    ) {
        precondition(isContiguous && values.count == count)
        switch storage {
        case .float32:
            let elements = pointer(Float.self)
            for i in 0..<count { elements[i] = Float(real(values[i])) }
        case .float64:
            let elements = pointer(Double.self)
            for i in 0..<count { elements[i] = real(values[i]) }
        case .int64:
            let elements = pointer(Int64.self)
            for i in 0..<count { elements[i] = integer(values[i]) }
        case .bool:
            let elements = pointer(UInt8.self)
            for i in 0..<count { elements[i] = real(values[i]) != 0 ? 1 : 0 }
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
