import TensorIR

/// A product of tensors as einsum writes it: "ij,jk->ik". The label b is the example axis.
struct EinsumText: CustomStringConvertible {
    var description: String
    var operands: [[Int]]
    var result: [Int]

    init(_ text: String) {
        description = text
        let sides = text.split(separator: "->", omittingEmptySubsequences: false)
        operands = sides[0].split(separator: ",", omittingEmptySubsequences: false).map { $0.utf8.map { Int($0) } }
        result = sides[1].utf8.map { Int($0) }
    }

    /// Extents by label: no two of neighbours alike, so that a confusion of axes is an error.
    func shape(_ labels: [Int]) -> Shape {
        Shape(
            labels.map { $0 == Int(UInt8(ascii: "b")) ? .examples : Dimension(2 + ($0 - Int(UInt8(ascii: "d"))) % 5) })
    }
    var inputs: [Input] { operands.map { .uniform(shape($0)) } }

    /// The product by plain loops over all labels.
    func product(_ x: [Dense]) -> Dense {
        var extents: [Int: Int] = [:]
        for (operand, own) in zip(x, operands) {
            for (label, size) in zip(own, operand.sizes) { extents[label] = size }
        }
        let labels = extents.keys.sorted()
        var sum = Dense(result.map { extents[$0]! }) { _ in 0 }
        for index in Dense.indices(labels.map { extents[$0]! }) {
            let at = Dictionary(uniqueKeysWithValues: zip(labels, index))
            sum[result.map { at[$0]! }] += zip(x, operands).reduce(1) { $0 * $1.0[$1.1.map { at[$0]! }] }
        }
        return sum
    }
}
