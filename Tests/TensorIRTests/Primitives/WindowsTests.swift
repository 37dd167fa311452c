import Kernels
import Testing

@testable import TensorIR

@Suite struct WindowsTests {
    struct Setting: CustomStringConvertible {
        var description: String
        var extents: [Int]
        /// How many windows each axis has; where none are given, as many as fit.
        var windows: [Int]
        var geometry: WindowGeometry

        init(
            _ description: String, _ extents: [Int], sizes: [Int], strides: [Int]? = nil, dilations: [Int]? = nil,
            low: [Int]? = nil, high: [Int]? = nil, windows: [Int]? = nil
        ) {
            let (ones, zeros) = (extents.map { _ in 1 }, extents.map { _ in 0 })
            (self.description, self.extents) = (description, extents)
            let geometry = WindowGeometry(
                sizes: sizes, strides: strides ?? ones, dilations: dilations ?? ones, padLow: low ?? zeros,
                padHigh: high ?? zeros)
            self.geometry = geometry
            self.windows =
                windows
                ?? extents.indices.map {
                    let reach = geometry.dilations[$0] * (sizes[$0] - 1) + 1
                    return (extents[$0] + geometry.padLow[$0] + geometry.padHigh[$0] - reach) / geometry.strides[$0] + 1
                }
        }

        /// The places that a window sees, in row-major order.
        func places(_ window: [Int]) -> [[Int]] {
            Dense.indices(geometry.sizes).map { tap in
                extents.indices.map {
                    window[$0] * geometry.strides[$0] + tap[$0] * geometry.dilations[$0] - geometry.padLow[$0]
                }
            }.filter { place in zip(place, extents).allSatisfy { (0..<$1).contains($0) } }
        }
    }

    private static let settings = [
        Setting("1-D", [7], sizes: [3]),
        Setting("1-D, strided, padded", [7], sizes: [3], strides: [2], low: [1], high: [1]),
        Setting("2-D", [4, 6], sizes: [2, 2], strides: [2, 2]),
        Setting("overlapping, padded on one side", [4, 5], sizes: [3, 2], low: [1, 0], high: [0, 1]),
        Setting("dilated", [6, 5], sizes: [2, 2], strides: [1, 2], dilations: [3, 2]),
        Setting("whole", [3, 4], sizes: [3, 4]),
        // Rounded up: the last windows reach beyond the plane.
        Setting("ceil", [5, 5], sizes: [2, 2], strides: [2, 2], windows: [3, 3]),
    ]

    @Test(arguments: settings)
    func sum(_ setting: Setting) throws {
        let shape = Shape([.examples, 2] + setting.extents.map { Dimension($0) })
        try expectDerivativesMatch([.uniform(shape)], seed: 1) { graph, x in
            try graph.append(WindowSum(setting.geometry, space: setting.windows), graph.square(x[0]))
        } reference: { x in
            Dense(Array(x[0].sizes.prefix(2)) + setting.windows) { index in
                setting.places(Array(index.dropFirst(2))).reduce(0) { sum, place in
                    let value = x[0][Array(index.prefix(2)) + place]
                    return sum + value * value
                }
            }
        }
    }

    @Test(arguments: settings)
    func transposedSum(_ setting: Setting) throws {
        let shape = Shape([2, .examples] + setting.windows.map { Dimension($0) })
        try expectDerivativesMatch([.uniform(shape)], seed: 2) { graph, x in
            try graph.append(
                WindowSum(setting.geometry, space: setting.extents, isTransposed: true), graph.square(x[0]))
        } reference: { x in
            var result = Dense(Array(x[0].sizes.prefix(2)) + setting.extents) { _ in 0 }
            for index in Dense.indices(x[0].sizes) {
                for place in setting.places(Array(index.dropFirst(2))) {
                    result[Array(index.prefix(2)) + place] += x[0][index] * x[0][index]
                }
            }
            return result
        }
    }

    /// Max-pooling as the importer composes it: the plane flattened, and gathered where its maxima lie.
    private static func maxPool(_ setting: Setting, _ x: Node, _ graph: TensorGraph) throws -> Node {
        let lead = Array(graph.shape(x).dimensions.dropLast(setting.extents.count))
        let places = try graph.append(WindowArgmax(setting.geometry, space: setting.windows), x)
        let plane = try graph.reshape(x, Shape(lead + [Dimension(setting.extents.reduce(1, *))]))
        return try graph.append(Gather(batchAxes: lead.count), plane, places)
    }

    @Test(arguments: settings)
    func maxPool(_ setting: Setting) throws {
        let shape = Shape([.examples, 2] + setting.extents.map { Dimension($0) })
        try expectDerivativesMatch([.distinct(shape)], seed: 3) { graph, x in
            try graph.square(WindowsTests.maxPool(setting, x[0], graph))
        } reference: { x in
            Dense(Array(x[0].sizes.prefix(2)) + setting.windows) { index in
                let largest = setting.places(Array(index.dropFirst(2))).map { x[0][Array(index.prefix(2)) + $0] }.max()!
                return largest * largest
            }
        }
    }

    @Test func maxPoolTakesTheFirstOfTies() throws {
        let setting = Setting("ties", [2, 4], sizes: [2, 2], strides: [2, 2])
        let graph = TensorGraph()
        let x = try graph.input(.parameter(0), TensorType([1, 2, 4]))
        let (slot, u) = (
            try graph.input(.tangent(0), graph.type(x)), try graph.input(.value(0), TensorType([1, 1, 2]))
        )
        let pooled = try WindowsTests.maxPool(setting, x, graph)
        let tangent = try #require(try graph.linearize([pooled], seeds: [x: slot])[0])
        let cotangent = try #require(try graph.transpose([(tangent, u)], to: [slot])[0])
        let interpreter = Interpreter(graph, leaves: [x: [1, 3, 2, 2, 3, 3, 2, 2], u: [5, 7]], examples: 1)
        #expect(interpreter.value(pooled).values == [3, 2])
        #expect(interpreter.value(cotangent).values == [0, 5, 7, 0, 0, 0, 0, 0])
    }
}
