import Kernels
import Testing

@testable import TensorIR

/// Gradients of single examples, and their squares, against plain loops.
@Suite struct ExampleProductsTests {
    struct Case: Sendable {
        var name: String
        var columns: Int?
        var examples = 3
        var outputs: Int
        /// Channels, space, taps, strides and padding of each use; images for each example.
        var images: [PatchGramTests.Case] = []
        var frames = 1
        var isExtended = false
        /// Positions of uses with dense inputs, and how many those have.
        var dense: [Int] = []
        var inputs = 0
    }
    private static let square = PatchGramTests.cases[2]
    private static let strided = PatchGramTests.cases[3]
    static let cases = [
        Case(name: "one column", outputs: 3, images: [square]),
        Case(name: "columns", columns: 4, outputs: 2, images: [strided], isExtended: true),
        Case(name: "one axis", columns: 2, outputs: 3, images: [PatchGramTests.cases[0]]),
        Case(name: "frames", columns: 2, outputs: 2, images: [square], frames: 2, isExtended: true),
        Case(name: "dense", columns: 2, outputs: 3, dense: [4], inputs: 5),
        Case(name: "one position, two uses", outputs: 3, dense: [1, 2], inputs: 4),
        Case(name: "patches and dense", outputs: 2, images: [square], dense: [3], inputs: 18),
        // Several tiles, groups of examples, chunks of rows; inputs turned.
        Case(name: "wide", columns: 3, examples: 5, outputs: 140, images: [wide], isExtended: true),
        // The same, products turned.
        Case(name: "long", examples: 5, outputs: 20, images: [PatchGramTests.cases[5]]),
        Case(name: "long, dense", columns: 2, examples: 9, outputs: 40, dense: [100], inputs: 60),
        Case(name: "nothing", columns: 2, examples: 0, outputs: 2, images: [square]),
    ]
    private static let wide = PatchGramTests.Case(
        space: [6, 7], taps: [3, 3], strides: [1, 2], dilations: [1, 1], padLow: [1, 1], padHigh: [1, 1], channels: 31)

    @Test(arguments: cases, [Storage.float32, .float64])
    func products(own: Case, precision: Storage) throws {
        let graph = TensorGraph()
        var generator = SeededGenerator(seed: 11)
        var leaves: [Node: [Double]] = [:]
        func leaf(_ shape: Shape) throws -> Node {
            let node = try graph.input(.data("\(leaves.count)"), TensorType(shape))
            leaves[node] = (0..<shape.count(examples: own.examples)).map { _ in
                Double(Float.random(in: -1...1, using: &generator))
            }
            return node
        }
        var (inputs, operands) = ([ExampleProducts.Input](), [Node]())
        var uses: [(gradients: [Double], inputs: [[[Double]]])] = []
        func gradients(_ positions: Int) throws -> Node {
            let shape: Shape = [.examples, Dimension(positions), Dimension(own.outputs)]
            return try leaf(own.columns.map { shape.leading($0) } ?? shape)
        }
        for image in own.images {
            let geometry = ConvolutionGeometry(
                strides: image.strides, dilations: image.dilations, padLow: image.padLow, padHigh: image.padHigh,
                groups: 1)
            let x = try leaf(
                Shape(
                    [Dimension(examplesTimes: own.frames), Dimension(image.channels)]
                        + image.space.map { Dimension($0) }))
            let patches = image.patches(leaves[x]!, geometry, images: own.examples * own.frames)
            let g = try gradients(patches.first.map { $0.count * own.frames } ?? 30)
            operands += [g, x]
            var rows = patches
            if own.isExtended {
                let last = try leaf([.examples])
                operands.append(last)
                for place in rows.indices {
                    for window in rows[place].indices { rows[place][window].append(leaves[last]![place / own.frames]) }
                }
            }
            inputs.append(.patches(geometry, taps: image.taps, isExtended: own.isExtended))
            uses.append(
                (
                    leaves[g]!,
                    (0..<own.examples).map { Array(rows[$0 * own.frames..<($0 + 1) * own.frames].joined()) }
                ))
        }
        for positions in own.dense {
            let g = try gradients(positions)
            let x = try leaf([.examples, Dimension(positions), Dimension(own.inputs)])
            operands += [g, x]
            inputs.append(.dense)
            let values = leaves[x]!
            uses.append(
                (
                    leaves[g]!,
                    (0..<own.examples).map { n in
                        (0..<positions).map { s in
                            Array(values[(n * positions + s) * own.inputs..<(n * positions + s + 1) * own.inputs])
                        }
                    }
                ))
        }
        let hasColumns = own.columns != nil
        let products = try graph.append(ExampleProducts(inputs, hasColumns: hasColumns, .products), operands)
        let entries = graph.shape(products).dimensions.last!.inner
        let basis = try leaf([Dimension(entries), Dimension(entries)])
        let squares = try graph.append(
            ExampleProducts(inputs, hasColumns: hasColumns, .squares(isTurned: false)), operands)
        let turned = try graph.append(
            ExampleProducts(inputs, hasColumns: hasColumns, .squares(isTurned: true)), operands + [basis])

        let (columns, matrix) = (own.columns ?? 1, own.outputs * entries)
        var want = [Double](repeating: 0, count: columns * own.examples * matrix)
        var (wantSquares, wantTurned) = ([Double](repeating: 0, count: matrix), [Double](repeating: 0, count: matrix))
        var terms = 0
        for k in 0..<columns {
            for n in 0..<own.examples {
                let start = (k * own.examples + n) * matrix
                terms = 0
                for (gradients, inputs) in uses {
                    terms += inputs[n].count
                    for (s, input) in inputs[n].enumerated() {
                        for o in 0..<own.outputs {
                            let row = (k * own.examples + n) * inputs[n].count + s
                            let g = gradients[row * own.outputs + o]
                            for i in 0..<entries { want[start + o * entries + i] += g * input[i] }
                        }
                    }
                }
                let q = leaves[basis]!
                for o in 0..<own.outputs {
                    var image = [Double](repeating: 0, count: entries)
                    for i in 0..<entries {
                        let value = want[start + o * entries + i]
                        wantSquares[o * entries + i] += value * value
                        for j in 0..<entries { image[j] += value * q[i * entries + j] }
                    }
                    for j in 0..<entries { wantTurned[o * entries + j] += image[j] * image[j] }
                }
            }
        }
        let interpreter = Interpreter(graph, leaves: leaves, examples: own.examples, precision: precision)
        let rounding = precision == .float32 ? 1e-6 : 1e-14
        func expect(_ got: Dense, _ want: [Double], _ terms: Int, _ what: String) {
            let size = max(1, want.map(abs).max() ?? 0)
            let error = zip(got.values, want).map { abs($0 - $1) }.max() ?? 0
            #expect(
                got.values.count == want.count && error <= rounding * Double(max(1, terms)).squareRoot() * size,
                "\(what)")
        }
        expect(interpreter.value(products), want, terms, "products")
        let before = (0..<matrix).map { Double($0 % 7) }
        for (node, want) in [(squares, wantSquares), (turned, wantTurned)] {
            expect(interpreter.value(node), want, terms * entries, "squares")
            expect(
                interpreter.accumulated(node, onto: before), zip(want, before).map(+), terms * entries, "added squares")
        }
        #expect(interpreter.miscounts.isEmpty)
    }

    /// What does not fit together is refused when the graph is built.
    @Test func shapesAreChecked() throws {
        let graph = TensorGraph()
        let g = try graph.input(.data("g"), TensorType([.examples, 4, 3]))
        let x = try graph.input(.data("x"), TensorType([.examples, 5, 2]))
        let basis = try graph.input(.data("q"), TensorType([2, 2]))
        #expect(throws: GraphError.self) {
            try graph.append(ExampleProducts([.dense], hasColumns: false, .products), [g, x])
        }
        #expect(throws: GraphError.self) {
            try graph.append(ExampleProducts([.dense], hasColumns: true, .products), [g, x])
        }
        let fitting = try graph.input(.data("y"), TensorType([.examples, 4, 5]))
        #expect(throws: GraphError.self) {
            try graph.append(
                ExampleProducts([.dense], hasColumns: false, .squares(isTurned: true)), [g, fitting, basis])
        }
    }
}

extension PatchGramTests.Case {
    /// The patches of each image.
    func patches(_ values: [Double], _ geometry: ConvolutionGeometry, images: Int) -> [[[Double]]] {
        let windows = space.indices.map { geometry.outputExtent(axis: $0, input: space[$0], kernel: taps[$0]) }
        return (0..<images).map { image in
            Dense.indices(windows).map { window in
                (0..<channels).flatMap { channel in
                    Dense.indices(taps).map { tap in
                        let place = space.indices.map {
                            window[$0] * strides[$0] + tap[$0] * dilations[$0] - padLow[$0]
                        }
                        let isInside = space.indices.allSatisfy { (0..<space[$0]).contains(place[$0]) }
                        let start = image * channels + channel
                        return isInside ? values[zip(place, space).reduce(start) { $0 * $1.1 + $1.0 }] : 0
                    }
                }
            }
        }
    }
}
