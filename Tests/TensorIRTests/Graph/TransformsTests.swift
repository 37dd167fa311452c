import Kernels
import Testing

@testable import TensorIR

@Suite struct TransformsTests {
    private let graph = TensorGraph()
    private func input(_ role: InputLeaf.Role, _ shape: Shape) throws -> Node {
        try graph.input(role, TensorType(shape))
    }

    @Test func ancestorsAreSortedAndComplete() throws {
        let (x, y) = (try input(.parameter(0), [2]), try input(.parameter(1), [2]))
        let unused = try graph.exp(y)
        let sum = try graph.add(graph.square(x), x)
        let all = graph.ancestors(of: [sum])
        #expect(all == all.sorted() && all.count == 3)
        #expect(!all.contains(unused) && !all.contains(y))
        #expect(graph.ancestors(of: [sum], stoppingAt: [try graph.square(x)]).count == 3)
        #expect(graph.ancestors(of: [try graph.exp(graph.square(x))], stoppingAt: [try graph.square(x)]).count == 2)
        #expect(graph.ancestors(of: []).isEmpty)
    }

    /// A node with a seed is not looked into: its own tangent counts, not that of what it is made of.
    @Test func seedsInside() throws {
        let x = try input(.parameter(0), [2])
        let middle = try graph.square(x)
        let y = try graph.multiply(middle, x)
        let (dx, dm) = (try input(.tangent(0), [2]), try input(.tangent(1), [2]))
        let tangent = try #require(try graph.linearize([y], seeds: [x: dx, middle: dm])[0])
        let interpreter = Interpreter(graph, leaves: [x: [3, 5], dx: [1, 10], dm: [100, 1000]], examples: 1)
        #expect(interpreter.value(tangent).values == [309, 5250])
        // The seeded node itself as an output.
        #expect(try graph.linearize([middle, x], seeds: [middle: dm]) == [dm, nil])
    }

    @Test func independentOutputsHaveNoTangent() throws {
        let (x, y) = (try input(.parameter(0), [2]), try input(.parameter(1), [2]))
        let count = graph.count
        #expect(try graph.linearize([graph.exp(y)], seeds: [x: x]) == [nil])
        #expect(graph.count == count + 1)
    }

    @Test func cotangentsOfSeveralOutputsAdd() throws {
        let (a, b) = (try input(.tangent(0), [2]), try input(.tangent(1), [2]))
        let (u, v) = (try input(.value(0), [2]), try input(.value(1), [2]))
        let twice = try graph.scale(a, by: 2)
        let cotangents = try graph.transpose([(twice, u), (a, v), (twice, v)], to: [a, b])
        #expect(cotangents[1] == nil)
        let value = Interpreter(graph, leaves: [u: [1, 2], v: [10, 20]], examples: 1).value(try #require(cotangents[0]))
        #expect(value.values == [32, 64])
        // An input that is its own output.
        #expect(try graph.transpose([(a, u)], to: [a]) == [u])
    }

    /// What does not depend on a block is computed once, and returned as it is.
    @Test func batchSharesWhatIsCommon() throws {
        let (x, v) = (try input(.parameter(0), [3]), try input(.tangent(0), [3]))
        let block = try input(.value(0), [4, 3])
        let common = try graph.exp(x)
        let product = try graph.multiply(common, v)
        let images = try graph.batch([product, common, v], replacements: [v: block], size: 4)
        #expect(graph.shape(images[0]) == [4, 3])
        #expect(images[1] == common && images[2] == block)
        let exponentials = graph.ancestors(of: images).filter {
            (graph.primitive($0) as? Elementwise)?.operation == .exp
        }
        #expect(exponentials == [common])
    }

    /// K = 1 is an axis like any other; sums over examples stay sums over examples.
    @Test func blockOfOneColumn() throws {
        let v = try input(.tangent(0), [.examples, 3])
        let block = try input(.value(0), [1, .examples, 3])
        let image = try graph.batch([graph.sum(v, axes: [0])], replacements: [v: block], size: 1)[0]
        #expect(graph.shape(image) == [1, 3])
        let values = Interpreter(graph, leaves: [block: [1, 2, 3, 4, 5, 6]], examples: 2).value(image)
        #expect(values.values == [5, 7, 9])
    }
}
