/// A request or a loss that makes no sense as written.
///
///     request 'hessian @ u', column 11: '@' needs a vector of 506 entries or a block with 506 rows here, found …
public struct ExpressionError: Error, Hashable, Sendable {
    /// One line: the request, the column, what was expected and what was found.
    public let message: String
    /// The request's name, or the text itself where it has none.
    public let request: String
    /// Where in the text, counted in characters from 1.
    public let column: Int
    /// Two lines: the text around the column, and a caret below it.
    public let excerpt: String
}

extension ExpressionError: CustomStringConvertible {
    public var description: String { message }
}
