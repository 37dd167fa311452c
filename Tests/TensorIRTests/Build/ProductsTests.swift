import Testing

@testable import TensorIR

@Suite struct ProductsTests {
    struct MatmulCase: CustomStringConvertible {
        var left: Shape
        var right: Shape
        var result: Shape
        var description: String { "\(left) x \(right)" }
    }

    /// NumPy's rule by plain loops.
    private static func matmul(_ a: Dense, _ b: Dense, _ sizes: [Int]) -> Dense {
        let inner = a.sizes.last!
        return Dense(sizes) { index in
            var index = index
            let column = b.sizes.count == 1 ? nil : Optional(index.removeLast())
            let row = a.sizes.count == 1 ? nil : Optional(index.removeLast())
            func at(_ x: Dense, _ ends: [Int], _ matrixRank: Int) -> Double {
                let batch = x.sizes.dropLast(min(matrixRank, x.sizes.count))
                let own = zip(batch, index.suffix(batch.count)).map { $0 == 1 ? 0 : $1 }
                return x[own + ends]
            }
            return (0..<inner).reduce(0) { sum, k in
                sum + at(a, row.map { [$0, k] } ?? [k], 2) * at(b, column.map { [k, $0] } ?? [k], 2)
            }
        }
    }

    @Test(arguments: [
        MatmulCase(left: [2, 3], right: [3, 4], result: [2, 4]),
        MatmulCase(left: [.examples, 3], right: [3, 4], result: [.examples, 4]),
        MatmulCase(left: [3], right: [3], result: []),
        MatmulCase(left: [3], right: [3, 4], result: [4]),
        MatmulCase(left: [.examples, 3], right: [3], result: [.examples]),
        MatmulCase(left: [.examples, 2, 3], right: [3, 4], result: [.examples, 2, 4]),
        MatmulCase(left: [2, 3], right: [.examples, 3, 4], result: [.examples, 2, 4]),
        MatmulCase(left: [.examples, 2, 3], right: [.examples, 3, 4], result: [.examples, 2, 4]),
        MatmulCase(left: [.examples, 1, 2, 3], right: [5, 3, 4], result: [.examples, 5, 2, 4]),
        MatmulCase(left: [1, 2, 3], right: [.examples, 1, 3, 4], result: [.examples, 1, 2, 4]),
        MatmulCase(left: [1, 1, 3], right: [1, 3, 1], result: [1, 1, 1]),
        MatmulCase(left: [5, .examples, 2, 3], right: [5, 1, 3, 4], result: [5, .examples, 2, 4]),
        MatmulCase(left: [3], right: [.examples, 3, 4], result: [.examples, 4]),
        MatmulCase(left: [.examples, 2, 3], right: [3], result: [.examples, 2]),
        MatmulCase(left: [1, 3], right: [3, 1], result: [1, 1]),
    ])
    func matmul(_ test: MatmulCase) throws {
        let examples = 3
        try expectDerivativesMatch([.uniform(test.left), .uniform(test.right)], seed: 1, examples: examples) {
            graph, x in
            let product = try graph.matmul(x[0], x[1])
            #expect(graph.shape(product) == test.result)
            return product
        } reference: { x in
            ProductsTests.matmul(x[0], x[1], test.result.sizes(examples: examples))
        }
    }

    @Test(
        arguments: [
            "ij->ji", "ij->", "bij->bj", "ij->ij", "ij,jk->ik", "ij,jk,kl->il", "bi,ij,bj->b", "ijk,k,j->i",
            "i,j,k->kij",
            "ij,k->j", "ijk,lk->", "bij,bkj,bkl->bil", "i,i,i->i", "ij,ij,j->i", "bhij,bhjd->bhid", "i,j->",
        ].map(EinsumText.init))
    func einsum(_ text: EinsumText) throws {
        try expectDerivativesMatch(text.inputs, seed: 2) { graph, x in
            try graph.einsum(x, text.operands, to: text.result)
        } reference: { x in
            text.product(x)
        }
    }
}
