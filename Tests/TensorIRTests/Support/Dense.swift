/// A row-major array of numbers: what tests compute by plain loops, and what the interpreter gives.
struct Dense: Equatable {
    var sizes: [Int]
    var values: [Double]

    init(_ sizes: [Int], values: [Double]) {
        precondition(values.count == sizes.reduce(1, *))
        (self.sizes, self.values) = (sizes, values)
    }
    /// The array whose elements are given by their indices.
    init(_ sizes: [Int], _ value: ([Int]) -> Double) {
        self.init(sizes, values: Dense.indices(sizes).map(value))
    }

    subscript(index: [Int]) -> Double {
        get { values[offset(index)] }
        set { values[offset(index)] = newValue }
    }
    subscript(index: Int...) -> Double {
        get { self[index] }
        set { self[index] = newValue }
    }
    private func offset(_ index: [Int]) -> Int {
        precondition(index.count == sizes.count && zip(index, sizes).allSatisfy { (0..<$1).contains($0) })
        return zip(index, sizes).reduce(0) { $0 * $1.1 + $1.0 }
    }

    func map(_ transform: (Double) -> Double) -> Dense { Dense(sizes, values: values.map(transform)) }

    /// All indices of an array of these sizes, in row-major order.
    static func indices(_ sizes: [Int]) -> [[Int]] {
        sizes.reduce([[]]) { partial, size in partial.flatMap { index in (0..<size).map { index + [$0] } } }
    }
}
