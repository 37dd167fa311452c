import TensorIR

/// A tensor known while the model is read: constants, and what shape arithmetic makes of shapes.
struct HostTensor: Hashable, Sendable {
    enum Values: Hashable, Sendable {
        case real([Double])
        case integer([Extent])
        case bool([Bool])
    }
    var sizes: [Int]
    var values: Values

    init(_ sizes: [Int], _ values: Values) { (self.sizes, self.values) = (sizes, values) }
    init(_ sizes: [Int], _ values: [Double]) { self.init(sizes, .real(values)) }
    init(_ sizes: [Int], _ values: [Extent]) { self.init(sizes, .integer(values)) }
    init(_ sizes: [Int], _ values: [Bool]) { self.init(sizes, .bool(values)) }
    /// A list of integers, one axis.
    init(_ list: [Extent]) { self.init([list.count], list) }
    init(scalar value: Extent) { self.init([], [value]) }
    init(scalar value: Double) { self.init([], [value]) }

    /// Larger results are left to the graph.
    static let foldLimit = 1 << 20
    static func isSmall(_ sizes: [Int]) -> Bool {
        var count = 1
        for size in sizes {
            let (product, overflow) = count.multipliedReportingOverflow(by: size)
            if overflow { return sizes.contains(0) }
            count = product
        }
        return count <= foldLimit
    }

    var count: Int {
        switch values {
        case .real(let values): values.count
        case .integer(let values): values.count
        case .bool(let values): values.count
        }
    }
    var element: ElementType {
        switch values {
        case .real: .real
        case .integer: .int64
        case .bool: .bool
        }
    }
    /// Whether some element depends on the number of examples.
    var isSymbolic: Bool {
        guard case .integer(let values) = values else { return false }
        return values.contains(where: \.isSymbolic)
    }

    /// The elements at these positions, under another shape.
    func picking(_ positions: [Int], sizes: [Int]) -> HostTensor {
        switch values {
        case .real(let values): HostTensor(sizes, positions.map { values[$0] })
        case .integer(let values): HostTensor(sizes, positions.map { values[$0] })
        case .bool(let values): HostTensor(sizes, positions.map { values[$0] })
        }
    }

    /// As integers; booleans count as 0 and 1, reals are cut off.
    func integers() -> [Extent] {
        switch values {
        case .integer(let values): values
        case .bool(let values): values.map { $0 ? 1 : 0 }
        case .real(let values): values.map { Extent(truncating: $0) }
        }
    }
    /// As reals; B itself has no value.
    func reals() throws -> [Double] {
        switch values {
        case .real(let values): values
        case .bool(let values): values.map { $0 ? 1 : 0 }
        case .integer(let values): try values.map { Double(try $0.known()) }
        }
    }
    func booleans() -> [Bool] {
        switch values {
        case .bool(let values): values
        case .integer(let values): values.map { $0 != 0 }
        case .real(let values): values.map { $0 != 0 }
        }
    }
    /// With elements of another type. Casts between floating-point types are the identity.
    func cast(to element: ElementType) throws -> HostTensor {
        switch element {
        case .real, .float64: HostTensor(sizes, try reals())
        case .int64: HostTensor(sizes, integers())
        case .bool: HostTensor(sizes, booleans())
        }
    }

    /// The form that a graph's constant table takes.
    func constant() throws -> Constant {
        switch values {
        case .real(let values): Constant(sizes, values)
        case .integer(let values): Constant(sizes, try values.map { Int64(try $0.known()) })
        case .bool(let values): Constant(sizes, values)
        }
    }
}

extension Extent {
    /// Cut off toward zero; NaN is 0, and what is too large is the largest.
    init(truncating value: Double) {
        if value.isNaN {
            self.init(0)
        } else if value >= 0x1p63 {
            self.init(Int.max)
        } else {
            self.init(value < -0x1p63 ? Int.min : Int(value))
        }
    }
    func known() throws -> Int {
        guard let number else {
            throw GraphError(.examplesMeet, "uses the number of examples \(self) as a value")
        }
        return number
    }
}
