/// The extent of one axis: a number, or a number times the one symbol B, the examples of a batch.
///
/// A symbolic extent remembers how many positions lie outside and inside B when it was folded from
/// several axes in row-major order, so that a later reshape can unfold it and still know which positions belong
/// to which example.
package struct Dimension: Hashable, Sendable, ExpressibleByIntegerLiteral {
    /// Positions outside B; 1 for a plain number.
    package var outer: Int
    /// Positions inside B, or the number itself.
    package var inner: Int
    package var isSymbolic: Bool

    package init(_ number: Int) { (outer, inner, isSymbolic) = (1, number, false) }
    package init(outer: Int = 1, examplesTimes inner: Int) {
        (self.outer, self.inner, isSymbolic) = (outer, inner, true)
    }
    package init(integerLiteral value: Int) { self.init(value) }

    /// B itself.
    package static let examples = Dimension(examplesTimes: 1)

    /// The number, or nil where B takes part.
    package var number: Int? { isSymbolic ? nil : inner }
    package var factor: Int { outer * inner }
    package func size(examples: Int) -> Int { isSymbolic ? outer * examples * inner : inner }
}

extension Dimension: CustomStringConvertible {
    package var description: String {
        guard isSymbolic else { return String(inner) }
        return (outer == 1 ? "" : "\(outer)*") + "B" + (inner == 1 ? "" : "*\(inner)")
    }
}

/// The extents of a tensor, outermost axis first. At most one axis has B in it: the example axis.
package struct Shape: Hashable, Sendable, ExpressibleByArrayLiteral {
    package var dimensions: [Dimension]

    package init(_ dimensions: [Dimension]) { self.dimensions = dimensions }
    package init(_ sizes: [Int]) { dimensions = sizes.map { Dimension($0) } }
    package init(arrayLiteral elements: Dimension...) { dimensions = elements }

    package static let scalar: Shape = []
    package var rank: Int { dimensions.count }
    package subscript(axis: Int) -> Dimension {
        get { dimensions[axis] }
        set { dimensions[axis] = newValue }
    }
    /// The axis with B in it.
    package var exampleAxis: Int? { dimensions.firstIndex(where: \.isSymbolic) }
    package var hasExamples: Bool { exampleAxis != nil }
    /// The product of all numbers in it: the count of elements, for one example where there is an example axis.
    package var factor: Int { dimensions.reduce(1) { $0 * $1.factor } }
    package func sizes(examples: Int) -> [Int] { dimensions.map { $0.size(examples: examples) } }
    package func count(examples: Int) -> Int { factor * (hasExamples ? examples : 1) }
    /// The sizes, or nil where B takes part.
    package var numbers: [Int]? {
        let numbers = dimensions.compactMap(\.number)
        return numbers.count == rank ? numbers : nil
    }

    package func removing(axes: [Int]) -> Shape {
        Shape(dimensions.indices.filter { !axes.contains($0) }.map { dimensions[$0] })
    }
    /// With a leading axis of `size` columns: the axis K of blocks of vectors.
    package func leading(_ size: Int) -> Shape { Shape([Dimension(size)] + dimensions) }

    /// How many elements lie outside and inside B in row-major order; nil without an example axis. A
    /// reshape keeps examples apart exactly if it keeps these two.
    var splitAroundExamples: (outside: Int, inside: Int)? {
        guard let axis = exampleAxis else { return nil }
        let outside = dimensions[..<axis].reduce(dimensions[axis].outer) { $0 * $1.inner }
        let inside = dimensions[(axis + 1)...].reduce(dimensions[axis].inner) { $0 * $1.inner }
        return (outside, inside)
    }
}

extension Shape: CustomStringConvertible {
    package var description: String { "(" + dimensions.map(\.description).joined(separator: ", ") + ")" }
}

/// `real` is the run's precision; `float64` is kept for accumulators. Integers and booleans have no tangents.
package enum ElementType: UInt8, Hashable, Sendable {
    case real, float64, int64, bool
    package var isFloating: Bool { self == .real || self == .float64 }
}

package struct TensorType: Hashable, Sendable {
    package var shape: Shape
    package var element: ElementType
    package init(_ shape: Shape, _ element: ElementType = .real) { (self.shape, self.element) = (shape, element) }
}

extension TensorType: CustomStringConvertible {
    package var description: String { "\(element)\(shape)" }
}
