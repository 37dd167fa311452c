/// A row-major array, for references written as plain loops.
struct Grid {
    let shape: [Int]
    var values: [Double]

    init(_ shape: [Int], _ values: [Double]) { (self.shape, self.values) = (shape, values) }
    init(_ shape: [Int], _ element: ([Int]) -> Double) {
        self.init(shape, Grid.places(shape).map(element))
    }

    subscript(_ place: [Int]) -> Double {
        get { values[offset(place)] }
        set { values[offset(place)] = newValue }
    }
    subscript(_ place: Int...) -> Double { self[place] }

    private func offset(_ place: [Int]) -> Int {
        precondition(place.count == shape.count)
        return zip(place, shape).reduce(0) { sum, axis in
            precondition(axis.0 >= 0 && axis.0 < axis.1)
            return sum * axis.1 + axis.0
        }
    }
    func contains(_ place: [Int]) -> Bool { zip(place, shape).allSatisfy { $0 >= 0 && $0 < $1 } }

    /// Every place, the last index fastest.
    static func places(_ shape: [Int]) -> [[Int]] {
        shape.reduce([[]]) { places, size in places.flatMap { place in (0..<size).map { place + [$0] } } }
    }
    func map(_ function: (Double) -> Double) -> Grid { Grid(shape, values.map(function)) }
    static func + (a: Grid, b: Grid) -> Grid {
        precondition(a.shape == b.shape)
        return Grid(a.shape, zip(a.values, b.values).map(+))
    }
}
