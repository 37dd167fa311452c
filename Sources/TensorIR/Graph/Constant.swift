/// A tensor known while the graph is built. Reals are kept as Double and rounded to the run's precision when it starts.
package struct Constant: Hashable, Sendable {
    package enum Values: Hashable, Sendable {
        case real([Double])
        case int64([Int64])
        case bool([Bool])
    }
    package var sizes: [Int]
    package var values: Values

    package init(_ sizes: [Int], _ values: [Double]) { (self.sizes, self.values) = (sizes, .real(values)) }
    package init(_ sizes: [Int], _ values: [Int64]) { (self.sizes, self.values) = (sizes, .int64(values)) }
    package init(_ sizes: [Int], _ values: [Bool]) { (self.sizes, self.values) = (sizes, .bool(values)) }

    package var element: ElementType {
        switch values {
        case .real: .real
        case .int64: .int64
        case .bool: .bool
        }
    }
    package var count: Int { sizes.reduce(1, *) }
}

/// Constants are the same if their bits are: 0 and -0 are two, and NaN is one.
extension Constant.Values {
    package static func == (a: Self, b: Self) -> Bool {
        switch (a, b) {
        case (.real(let a), .real(let b)): a.elementsEqual(b) { $0.bitPattern == $1.bitPattern }
        case (.int64(let a), .int64(let b)): a == b
        case (.bool(let a), .bool(let b)): a == b
        default: false
        }
    }
    package func hash(into hasher: inout Hasher) {
        switch self {
        case .real(let values): for value in values { hasher.combine(value.bitPattern) }
        case .int64(let values): hasher.combine(values)
        case .bool(let values): hasher.combine(values)
        }
    }
}

/// The constants of a graph, each stored once.
package struct ConstantTable: Sendable {
    private var values: [Constant] = []
    private var ids: [Constant: Int] = [:]

    mutating func intern(_ value: Constant) -> Int {
        if let id = ids[value] { return id }
        ids[value] = values.count
        values.append(value)
        return values.count - 1
    }
    package subscript(id: Int) -> Constant { values[id] }
}
