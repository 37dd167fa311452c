import TensorIR

/// A leaf of a test program: its type, and where its values come from.
struct Input {
    var type: TensorType
    /// As many values as asked for.
    var values: (_ count: Int, inout SeededGenerator) -> [Double]

    static func uniform(_ shape: Shape, _ range: ClosedRange<Double> = -1...1) -> Input {
        Input(type: TensorType(shape)) { count, generator in generator.uniform(count: count, range) }
    }
    /// Between 0.1 and 1 or their negatives: away from a kink at 0.
    static func awayFromZero(_ shape: Shape) -> Input {
        Input(type: TensorType(shape)) { count, generator in
            (0..<count).map { _ in generator.uniform(0.1...1) * (generator.next(below: 2) == 0 ? 1 : -1) }
        }
    }
    /// No two values closer than 0.04: away from ties.
    static func distinct(_ shape: Shape) -> Input {
        Input(type: TensorType(shape)) { count, generator in
            (0..<count).map { 0.05 * (Double($0) - Double(count) / 2) + generator.uniform(0...0.01) }.shuffled(
                using: &generator)
        }
    }
    static func fixed(_ shape: Shape, _ values: [Double]) -> Input {
        Input(type: TensorType(shape)) { _, _ in values }
    }
    static func integers(_ shape: Shape, _ range: Range<Int>) -> Input {
        Input(type: TensorType(shape, .int64)) { count, generator in
            (0..<count).map { _ in Double(range.lowerBound + generator.next(below: range.count)) }
        }
    }
    static func booleans(_ shape: Shape) -> Input {
        Input(type: TensorType(shape, .bool)) { count, generator in
            (0..<count).map { _ in Double(generator.next(below: 2)) }
        }
    }
    static func wide(_ shape: Shape) -> Input {
        Input(type: TensorType(shape, .float64)) { count, generator in generator.uniform(count: count) }
    }

    func leaf(_ index: Int, in graph: TensorGraph) throws -> Node {
        try graph.input(type.element.isFloating ? .parameter(index) : .data("input \(index)"), type)
    }
}
