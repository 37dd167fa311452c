import Kernels
import Testing

@testable import TensorIR

@Suite struct SymmetricRootTests {
    /// S S = A for matrices of every rank, one by one and many in a task, and S symmetric with no eigenvalue below zero: z^T S z >= 0.
    @Test(arguments: [Storage.float32, .float64], [(1, 1), (3, 5), (3, 2), (7, 40), (70, 70), (9, 0)])
    func squares(precision: Storage, _ size: (order: Int, rank: Int)) throws {
        let (n, count) = (size.order, size.order > 20 ? 3 : 300)
        var generator = SeededGenerator(seed: 5)
        var matrices: [Double] = []
        for _ in 0..<count {
            let root = (0..<n * size.rank).map { _ in Double.random(in: -1...1, using: &generator) }
            for i in 0..<n {
                for j in 0..<n {
                    matrices.append(
                        (0..<size.rank).reduce(0) { $0 + root[i * size.rank + $1] * root[j * size.rank + $1] })
                }
            }
        }
        let graph = TensorGraph()
        let a = try graph.input(.data("a"), TensorType(Shape([.examples, Dimension(n), Dimension(n)])))
        let node = try graph.append(SymmetricRoot(), a)
        let interpreter = Interpreter(graph, leaves: [a: matrices], examples: count, precision: precision)
        let roots = interpreter.value(node).values
        #expect(interpreter.miscounts.isEmpty)
        let tolerance = precision == .float32 ? 2e-5 : 1e-12
        for index in 0..<count {
            let s = Array(roots[index * n * n..<(index + 1) * n * n])
            let z = (0..<n).map { _ in Double.random(in: -1...1, using: &generator) }
            var form = 0.0
            for i in 0..<n {
                for j in 0..<n {
                    let product = (0..<n).reduce(0) { $0 + s[i * n + $1] * s[$1 * n + j] }
                    #expect(abs(product - matrices[index * n * n + i * n + j]) < tolerance * Double(size.rank + 1))
                    #expect(abs(s[i * n + j] - s[j * n + i]) < tolerance)
                    form += z[i] * s[i * n + j] * z[j]
                }
            }
            #expect(form > -tolerance)
        }
    }

    @Test(arguments: [[1, 0, 0, -0.01], [0, 1, 1, 0], [.nan, 0, 0, 1], [1, 0, 0, .infinity]] as [[Double]])
    func matricesWithoutARoot(matrix: [Double]) throws {
        let graph = TensorGraph()
        let a = try graph.input(.data("a"), TensorType(Shape([.examples, 2, 2])))
        let node = try graph.append(SymmetricRoot(), a)
        let roots = Interpreter(graph, leaves: [a: matrix + [1, 0, 0, 4]], examples: 2).value(node).values
        #expect(roots[..<4].allSatisfy { $0.isNaN })
        #expect(roots[4...].elementsEqual([1, 0, 0, 2]))
    }

    @Test func refusals() throws {
        let graph = TensorGraph()
        for shape in [[.examples], [.examples, 2, 3], [2, 2, .examples]] as [Shape] {
            let x = try graph.input(.data("x"), TensorType(shape))
            #expect(throws: GraphError.self) { try graph.append(SymmetricRoot(), x) }
        }
    }
}
