import TensorIR
import Testing

@testable import ONNXImport

/// Where the examples go in a reshape.
@Suite struct ReshapeTargetTests {
    static func resolve(_ from: Shape, _ target: [Extent], allowZero: Bool = false, batch: Int? = nil) -> String {
        do {
            return try ReshapeTarget(target, of: from, allowZero: allowZero, fixedBatch: batch).resolve().description
        } catch let error as GraphError {
            return "\(error.code): \(error.message)"
        } catch {
            return "\(error)"
        }
    }
    static let b = Extent(.examples)

    @Test(
        arguments: [
            ([.examples, 6, 8], [b, 6, 2, 4], "(B, 6, 2, 4)"),
            ([.examples, 6, 8], [b, -1], "(B, 48)"),
            ([.examples, 6, 8], [-1, 8], "(B*6, 8)"),
            ([.examples, 6, 8], [0, 0, 2, -1], "(B, 6, 2, 4)"),
            ([Dimension(outer: 1, examplesTimes: 6), 8], [-1, 6, 8], "(B, 6, 8)"),
            ([5, .examples, 8], [5, -1, 4], "(5, B*2, 4)"),
            ([5, .examples, 8], [-1, 8], "(5*B, 8)"),
            ([4, 6], [-1, 3], "(8, 3)"),
            ([], [1, 1], "(1, 1)"),
        ] as [(Shape, [Extent], String)])
    func openBatch(from: Shape, target: [Extent], result: String) {
        #expect(Self.resolve(from, target) == result)
    }

    @Test func severalPositionsOfAnExample() throws {
        #expect(Self.resolve([.examples, 6, 8], [try Self.b * 6, 8]) == "(B*6, 8)")
        #expect(Self.resolve([.examples, 6, 8], [try Self.b * 2, 3, -1]) == "(B*2, 3, 8)")
    }

    /// An exporter wrote the batch into the target.
    @Test(
        arguments: [
            ([.examples, 6, 8], [3, 6, 2, 4], 3, "(B, 6, 2, 4)"),
            ([.examples, 6, 8], [18, 8], 3, "(B*6, 8)"),
            ([Dimension(outer: 1, examplesTimes: 6), 8], [3, 6, 8], 3, "(B, 6, 8)"),
            ([5, .examples, 8], [5, 6, 4], 3, "(5, B*2, 4)"),
            ([5, .examples, 8], [15, 8], 3, "(5*B, 8)"),
            // With a batch of 1 features stay features.
            ([5, .examples, 8], [5, 2, 4], 1, "(5, B*2, 4)"),
            ([5, .examples, 8], [5, 8], 1, "(5*B, 8)"),
            ([.examples, 16], [1, 4, 4], 1, "(B, 4, 4)"),
            ([.examples, 3, 8], [1, -1], 1, "(B, 24)"),
            ([.examples, 1, 8], [1, -1], 1, "(B, 8)"),
            ([.examples, 6, 8], [1, -1, 4], 1, "(B, 12, 4)"),
            ([.examples, 6, 8], [-1, 1, 8], 1, "(B*6, 1, 8)"),
            ([5, .examples, 8], [-1, 1, 8], 1, "(5, B, 8)"),
            ([.examples, 6, 8], [-1, 48], 1, "(B, 48)"),
            // The size of the batch is another size as well.
            ([.examples, 4, 4], [4, 16], 4, "(B, 16)"),
            ([4, .examples, 2], [4, 4, 2], 4, "(4, B, 2)"),
            // A repeated constant, which the examples have not met yet.
            ([3, 4], [b, 4], 3, "(3, 4)"),
        ] as [(Shape, [Extent], Int, String)])
    func fixedBatch(from: Shape, target: [Extent], batch: Int, result: String) {
        #expect(Self.resolve(from, target, batch: batch) == result)
    }

    @Test func errors() {
        #expect(
            Self.resolve([.examples, 6], [6, -1])
                == "examplesMeet: (B, 6) to (6, -1) does not keep the examples apart")
        #expect(Self.resolve([4, 6], [5, -1]) == "invalid: (4, 6) does not have as many elements as (5, -1)")
        #expect(Self.resolve([4, 6], [-1, -1]) == "invalid: (-1, -1) leaves two sizes open")
        #expect(Self.resolve([4], [0, 0]) == "invalid: (0, 0) copies axis 1, which (4) lacks")
        #expect(
            Self.resolve([0, 4], [0, -1], allowZero: true)
                == "invalid: (0, 4) does not have as many elements as (0, -1)")
        #expect(Self.resolve([4], [.init(1 << 40)]) == "invalid: (1099511627776) has the size 1099511627776")
    }
}
