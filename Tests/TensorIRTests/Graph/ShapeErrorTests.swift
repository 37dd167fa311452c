import Kernels
import Testing

@testable import TensorIR

@Suite struct ShapeErrorTests {
    private let graph = TensorGraph()
    private func input(_ shape: Shape, _ element: ElementType = .real) throws -> Node {
        try graph.input(.value(graph.count), TensorType(shape, element))
    }

    // MARK: Invalid anywhere

    @Test func elementwise() throws {
        let (a, b) = (try input([2, 3]), try input([3, 2]))
        expectGraphError(.invalid, "add: shapes (2, 3) and (3, 2) differ") { try graph.add(a, b) }
        let (i, m) = (try input([2, 3], .int64), try input([2, 3], .bool))
        expectGraphError(.invalid, "multiply: element types real and int64 do not go together") {
            try graph.multiply(a, i)
        }
        expectGraphError(.invalid, "select: element types int64 and real and real do not go together") {
            try graph.append(Elementwise(.select), i, a, a)
        }
        expectGraphError(.invalid, "select: element types bool and real and int64 do not go together") {
            try graph.select(m, a, i)
        }
    }

    /// Neutral operands drop out only where the types agree.
    @Test func neutralOperandsOfAnotherType() throws {
        let (i, w) = (try input([2], .int64), try input([2], .float64))
        let (zero, one) = (try graph.filled(0, [2]), try graph.filled(1, [2]))
        for x in [i, w] {
            let element = graph.type(x).element
            expectGraphError(.invalid, "add: element types \(element) and real do not go together") {
                try graph.add(x, zero)
            }
            expectGraphError(.invalid, "subtract: element types \(element) and real do not go together") {
                try graph.subtract(x, zero)
            }
            expectGraphError(.invalid, "multiply: element types \(element) and real do not go together") {
                try graph.multiply(x, one)
            }
            expectGraphError(.invalid, "divide: element types \(element) and real do not go together") {
                try graph.divide(x, one)
            }
            expectGraphError(.invalid, "power: element types \(element) and real do not go together") {
                try graph.power(x, one)
            }
        }
    }

    /// Operations that do not exist for an element type are found while the graph is built.
    @Test func undefinedOperations() throws {
        let (i, m) = (try input([2], .int64), try input([2], .bool))
        expectGraphError(.invalid, "exp: not defined for int64") { try graph.exp(i) }
        expectGraphError(.invalid, "add: not defined for bool") { try graph.add(m, m) }
        expectGraphError(.invalid, "not: not defined for int64") { try graph.not(i) }
        let x = try input([2])
        expectGraphError(.invalid, "and: not defined for real") { try graph.binary(.and, x, x) }
    }

    @Test func views() throws {
        let x = try input([.examples, 4])
        expectGraphError(.invalid, "broadcast: (B, 4) does not fit into (2, B, 5) at axes [1, 2]") {
            try graph.broadcast(x, to: [2, .examples, 5], axes: [1, 2])
        }
        expectGraphError(.invalid, "broadcast: (B, 4) does not fit into (4, B) at axes [1, 0]") {
            try graph.broadcast(x, to: [4, .examples], axes: [1, 0])
        }
        expectGraphError(.invalid, "broadcast: (B, 4) has more axes than (4)") { try graph.broadcast(x, to: [4]) }
        expectGraphError(.invalid, "broadcast: (B, 4) does not fit (B, 5)") {
            try graph.broadcast(x, to: [.examples, 5])
        }
        expectGraphError(.invalid, "shapes (B, 4) and (B, 5) do not broadcast") {
            try graph.broadcastTogether([x, input([.examples, 5])])[0]
        }
        expectGraphError(.invalid, "permute: axes [0, 0] are no permutation of the axes of (B, 4)") {
            try graph.permute(x, [0, 0])
        }
        expectGraphError(.invalid, "permute: axes [0] are no permutation of the axes of (B, 4)") {
            try graph.permute(x, [0])
        }
        expectGraphError(.invalid, "reshape: (B, 4) does not have as many elements as (B, 3)") {
            try graph.reshape(x, [.examples, 3])
        }
        expectGraphError(.invalid, "reshape: (B, 4) does not have as many elements as (4)") {
            try graph.reshape(x, [4])
        }
        expectGraphError(.invalid, "slice: 3 positions from 1 in steps of 2 leave axis 1 of (B, 4)") {
            try graph.slice(x, axis: 1, start: 1, step: 2, count: 3)
        }
        expectGraphError(.invalid, "slice: 2 positions from 0 in steps of -1 leave axis 1 of (B, 4)") {
            try graph.slice(x, axis: 1, start: 0, step: -1, count: 2)
        }
        expectGraphError(.invalid, "slice: -1 positions from 0 in steps of 1 leave axis 1 of (B, 4)") {
            try graph.slice(x, axis: 1, start: 0, count: -1)
        }
        expectGraphError(.invalid, "pad: padding must not be negative") { try graph.pad(x, axis: 1, low: -1, high: 0) }
        let y = try input([.examples, 4, 1])
        expectGraphError(.invalid, "concatenate: real(B, 4, 1) does not fit beside real(B, 4) along axis 1") {
            try graph.concatenate([x, y], axis: 1)
        }
    }

    @Test func reductions() throws {
        let x = try input([.examples, 4])
        expectGraphError(.invalid, "sum: axes [2] are not axes of (B, 4)") { try graph.sum(x, axes: [2]) }
        expectGraphError(.invalid, "sum: axes [1, 1] are not axes of (B, 4)") { try graph.sum(x, axes: [1, 1]) }
        let m = try input([3], .bool)
        expectGraphError(.invalid, "maximum: booleans cannot be reduced") { try graph.maximum(m, axes: [0]) }
    }

    @Test func products() throws {
        let (a, b) = (try input([2, 3]), try input([4, 2]))
        expectGraphError(.invalid, "contract: (2, 3) and (4, 2) differ where they meet (3 and 4)") {
            try graph.matmul(a, b)
        }
        let i = try input([3, 2], .int64)
        expectGraphError(.invalid, "contract: element types real and int64 cannot be multiplied as matrices") {
            try graph.matmul(a, i)
        }
        expectGraphError(.invalid, "contract: (2, 3) and (4, 2) have other ranks than [0] and [0, 1]") {
            try graph.append(Contract([0], [0, 1], to: [1]), a, b)
        }
        let scalar = try graph.scalar(2.0)
        expectGraphError(.invalid, "matmul: a scalar is not a matrix") { try graph.matmul(a, scalar) }
    }

    @Test func convolutions() throws {
        let geometry = ConvolutionGeometry(strides: [1], dilations: [1], padLow: [0], padHigh: [0], groups: 2)
        let (x, w) = (try input([.examples, 4, 5]), try input([2, 3, 2]))
        expectGraphError(
            .invalid, "convolution: weight (2, 3, 2) with 2 groups needs 6 input channels, found (B, 4, 5)"
        ) {
            try graph.append(Convolution(.output, geometry), x, w)
        }
        let wide = try input([2, 2, 6])
        expectGraphError(.invalid, "convolution: taps (2, 2, 6) do not fit into (B, 4, 5)") {
            try graph.append(Convolution(.output, geometry), x, wide)
        }
        let flat = try input([.examples, 4])
        expectGraphError(.invalid, "convolution: operands must have rank 3, found [(B, 4), (2, 3, 2)]") {
            try graph.append(Convolution(.output, geometry), flat, w)
        }
        let i = try input([2, 2, 2], .int64)
        expectGraphError(.invalid, "convolution: operands must be real") {
            try graph.append(Convolution(.output, geometry), x, i)
        }
        let y = try input([.examples, 3, 4])
        expectGraphError(.invalid, "convolution's input: weight (2, 3, 2) does not go with (B, 3, 4)") {
            try graph.append(Convolution(.input, geometry, space: [5]), w, y)
        }
        let single = try input([2, 3, 4])
        expectGraphError(.invalid, "convolution's weight: operands have different examples") {
            try graph.append(Convolution(.weight, geometry, space: [2]), x, single)
        }
    }

    @Test func indexing() throws {
        let (x, i) = (try input([.examples, 4]), try input([.examples, 3], .int64))
        expectGraphError(.invalid, "gather: indices must be integers, found real(B, 4)") {
            try graph.append(Gather(), x, x)
        }
        expectGraphError(.invalid, "gather: table (B, 4) and indices (B, 3) do not share 2 axes") {
            try graph.append(Gather(batchAxes: 2), x, i)
        }
        expectGraphError(.invalid, "scatter-add: updates (B, 4) do not go with indices (B, 3)") {
            try graph.append(ScatterAdd(rows: 5), x, i)
        }
        expectGraphError(.invalid, "sample: needs (examples, terms, outputs), found (B, 4)") {
            try graph.append(Sample(.normal, seed: 1, samples: 1), x)
        }
        let geometry = WindowGeometry(sizes: [2], strides: [1], dilations: [1], padLow: [0], padHigh: [0])
        let line = try input([4])
        expectGraphError(.invalid, "window sum: real(4) has no channels and 1 spatial axes") {
            try graph.append(WindowSum(geometry, space: [3]), line)
        }
    }

    // MARK: Examples meet

    @Test func examplesMeet() throws {
        let x = try input([4, .examples])
        let (c, d) = (try input([4, .examples, 2]), try input([4, .examples, 2]))
        let i = try input([3], .int64)
        let window = WindowGeometry(sizes: [2], strides: [1], dilations: [1], padLow: [0], padHigh: [0])
        let geometry = ConvolutionGeometry(strides: [1], dilations: [1], padLow: [0], padHigh: [0], groups: 1)
        expectGraphError(.examplesMeet, "maximum: reduces over the examples of (4, B)") {
            try graph.maximum(x, axes: [1])
        }
        expectGraphError(.examplesMeet, "minimum: reduces over the examples of (4, B)") {
            try graph.minimum(x, axes: [0, 1])
        }
        expectGraphError(.examplesMeet, "mean: averages over the examples of (4, B)") { try graph.mean(x, axes: [1]) }
        expectGraphError(.examplesMeet, "maximum: reduces over the examples of (4, B)") {
            try graph.softmax(x, axis: 1)
        }
        expectGraphError(.examplesMeet, "slice: picks examples out of (4, B)") {
            try graph.slice(x, axis: 1, start: 0, count: 1)
        }
        expectGraphError(.examplesMeet, "slice: reverses the examples of (4, B)") { try graph.reverse(x, axis: 1) }
        expectGraphError(.examplesMeet, "pad: adds examples to (4, B)") { try graph.pad(x, axis: 1, low: 1, high: 0) }
        expectGraphError(.examplesMeet, "concatenate: joins examples of (4, B, 2)") {
            try graph.concatenate([c, d], axis: 1)
        }
        expectGraphError(.examplesMeet, "cumulative sum: runs over the examples of (4, B)") {
            try graph.append(CumulativeSum(axis: 1), x)
        }
        expectGraphError(.examplesMeet, "gather: picks examples out of (B, 4)") {
            try graph.append(Gather(), graph.permute(x, [1, 0]), i)
        }
        expectGraphError(.examplesMeet, "window sum: slides over the examples of (4, B)") {
            try graph.append(WindowSum(window, space: [3]), x)
        }
        expectGraphError(.examplesMeet, "window argmax: slides over the examples of (4, B)") {
            try graph.append(WindowArgmax(window, space: [3]), x)
        }
        expectGraphError(.examplesMeet, "convolution: slides over the examples of (1, 4, B)") {
            try graph.append(Convolution(.output, geometry), graph.expand(x, at: 0), input([2, 4, 3]))
        }
        expectGraphError(.examplesMeet, "reshape: (4, B) to (B, 4) mixes the examples") {
            try graph.reshape(x, [.examples, 4])
        }
        // The kernel matrix of a batch: every example meets every other.
        expectGraphError(.examplesMeet, "contract: two axes of (B, B) run over the examples") {
            try graph.matmul(graph.permute(x, [1, 0]), x)
        }
        expectGraphError(.examplesMeet, "broadcast: two axes of (B, B) run over the examples") {
            try graph.broadcast(input([.examples]), to: [.examples, .examples], axes: [0])
        }
    }

    /// A graph that refused a node is as it was.
    @Test func refusedNodesLeaveNoTrace() throws {
        let (a, b) = (try input([2, 3]), try input([3, 2]))
        let count = graph.count
        #expect(throws: GraphError.self) { try graph.add(a, b) }
        #expect(graph.count == count)
        try expectInvariants(graph, "after a refusal")
    }
}
