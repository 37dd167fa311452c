/// Bad input: what is wrong, where, and what would help, in one line.
public struct ProblemError: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Code: Hashable, Sendable {
        case data, parameters, loss, target, options, notFinite, memory, index
        /// Operands that do not fit an operation.
        case expression
    }
    public var code: Code
    public var message: String
    public init(_ code: Code, _ message: String) { (self.code, self.message) = (code, message) }
    public var description: String { message }
}
