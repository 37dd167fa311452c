import Kernels

/// A^T A by two products.
final class GramMap: LinearMap {
    private let map: any LinearMap
    private let transpose: any LinearMap
    private let image: Operand

    init(_ map: any LinearMap, transpose: any LinearMap, image: Operand) {
        precondition(map.rows == transpose.columns && map.columns == transpose.rows && map.width == transpose.width)
        (self.map, self.transpose, self.image) = (map, transpose, image)
    }

    var rows: Int { map.columns }
    var columns: Int { map.columns }
    var width: Int { map.width }
    var storage: Storage { map.storage }

    func apply(_ x: Operand, into y: Operand) throws {
        try map.apply(x, into: image)
        try transpose.apply(image, into: y)
    }
}
