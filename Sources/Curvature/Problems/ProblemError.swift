/// Bad input: what is wrong, where, and what would help, in one line.
public struct ProblemError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What the mistake is about.
    public enum Code: Hashable, Sendable {
        /// What came from outside: data, the selection of parameters, the loss, targets, options; a value that is not finite; a plan that
        /// does not fit; an index outside its table.
        case data, parameters, loss, target, options, notFinite, memory, index
        /// Operands that do not fit an operation.
        case expression
    }
    /// What the mistake is about.
    public var code: Code
    /// What was expected, what was found, and what would help, in one line.
    public var message: String
    /// An error with its message.
    public init(_ code: Code, _ message: String) { (self.code, self.message) = (code, message) }
    /// The message.
    public var description: String { message }
}
