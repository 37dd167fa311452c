import TensorIR
import Testing

@testable import ONNXImport

/// Integers that may depend on the number of examples B.
@Suite struct ShapeArithmeticTests {
    static let b = Extent(.examples)

    @Test func arithmetic() throws {
        let b = Self.b
        #expect(try (b * 6 + 2).description == "6*B+2")
        #expect(try (b * 6) / b == 6)
        #expect(try (b * 6) / 3 == b * 2)
        #expect(try (b * 6 - b * 6) == 0)
        #expect(try Extent(-7) / 2 == -3)
        #expect(try Extent.remainder(-7, 3, truncated: false) == 2)
        #expect(try Extent.remainder(-7, 3, truncated: true) == -1)
        #expect(try Extent.remainder(b * 4 + 1, 2, truncated: false) == 1)
        #expect(try Extent.power(2, 10) == 1024)
        #expect(try Extent(5) / 0 == 0)
    }

    @Test func whatDependsOnBIsRefused() {
        let b = Self.b
        for expression: () throws -> Any in [
            { try b * b }, { try b / 2 }, { try 6 / b }, { try Extent.order(b, 3) },
            { try Extent.remainder(b, 2, truncated: false) },
            { try b.known() },
        ] {
            #expect { _ = try expression() } throws: { ($0 as? GraphError)?.code == .examplesMeet }
        }
    }

    @Test func orderForEveryB() throws {
        let b = Self.b
        #expect(try Extent.order(b, 0) == 1)
        #expect(try Extent.order(-1, b * 2) == -1)
        #expect(try Extent.order(b + 1, b + 1) == 0)
        #expect(try Extent.maximum(b, 1) == b)
        #expect(try Extent.minimum(1, b) == 1)
        #expect(b != 1)
        // What is infinite before a cast to integers is still in order.
        #expect(try Extent.minimum(Extent(.min), 31) == Extent(.min))
        #expect(try Extent.maximum(Extent(.min), Extent(.max)) == Extent(.max))
        #expect(try Extent.order(Extent(.min), 8) == -1)
    }

    @Test func overflowIsAnError() {
        #expect(throws: GraphError.self) { try Extent(.max) + 1 }
        #expect(throws: GraphError.self) { try Extent(1 << 62) * 4 }
        #expect(throws: GraphError.self) { try Extent.power(10, 40) }
        #expect((try? Extent(.min) / -1) == Extent(.max))
    }
}
