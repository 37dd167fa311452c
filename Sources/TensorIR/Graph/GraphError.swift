/// A shape or element type that does not fit, found while a graph is built.
package struct GraphError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Code: Hashable, Sendable {
        /// Shapes or types that no model may have.
        case invalid
        /// One example's values would reach another's (a reduction over examples, a reshape that mixes them).
        /// Such a model is run as one batch, where the example axis is an axis like any other.
        case examplesMeet
    }
    package var code: Code
    package var message: String
    package init(_ code: Code, _ message: String) { (self.code, self.message) = (code, message) }
    static func invalid(_ primitive: some Primitive, _ message: String) -> GraphError {
        GraphError(.invalid, "\(primitive.name): \(message)")
    }
    package var description: String { message }
}
