import Testing

@testable import TensorIR

/// `body` must throw exactly this.
func expectGraphError(
    _ code: GraphError.Code, _ message: String, sourceLocation: SourceLocation = #_sourceLocation,
    _ body: () throws -> Node
) {
    do {
        _ = try body()
        Issue.record("no error, but expected: \(message)", sourceLocation: sourceLocation)
    } catch {
        #expect(error as? GraphError == GraphError(code, message), sourceLocation: sourceLocation)
    }
}
