import Testing

@testable import TensorIR

@Suite struct ShapeTests {
    @Test func sizes() {
        let shape: Shape = [2, Dimension(outer: 3, examplesTimes: 4), 5]
        #expect(shape.sizes(examples: 7) == [2, 84, 5])
        #expect(shape.count(examples: 7) == 840 && shape.factor == 120)
        #expect(shape.exampleAxis == 1 && shape.numbers == nil)
        #expect(shape.splitAroundExamples! == (6, 20))
        #expect(shape.leading(9).exampleAxis == 2)
        #expect(shape.removing(axes: [1]) == [2, 5] && shape.removing(axes: [1]).numbers == [2, 5])
        #expect(Shape([2, 5]).splitAroundExamples == nil)
    }

    @Test func descriptions() {
        #expect("\(Shape.scalar)" == "()")
        #expect("\([.examples, 3] as Shape)" == "(B, 3)")
        #expect("\([Dimension(outer: 2, examplesTimes: 3)] as Shape)" == "(2*B*3)")
        #expect("\(TensorType([.examples], .int64))" == "int64(B)")
    }

    @Test func broadcasting() throws {
        #expect(try TensorGraph.broadcastShape([[.examples, 1, 3], [4, 1], []]) == [.examples, 4, 3])
        #expect(try TensorGraph.broadcastShape([[1], [.examples, 1]]) == [.examples, 1])
        #expect(try TensorGraph.broadcastShape([]) == [])
    }
}
