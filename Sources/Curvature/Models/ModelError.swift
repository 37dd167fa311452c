import TensorIR

/// A model that cannot be built, or values that do not fit one: where, what was expected and found, and what would help, in one line.
public struct ModelError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What kind of mistake it is.
    public enum Code: Hashable, Sendable {
        /// Shapes or element types that do not go together.
        case shape
        /// One example's values would reach another's.
        case examplesMeet
        /// A layer's option is out of its range.
        case option
        /// A parameter's name is taken, unknown or misused.
        case name
        /// Values that do not fit their parameter.
        case values
    }
    /// The kind of mistake.
    public var code: Code
    /// The layer or tensor function; nil for what is about a whole model.
    public var place: String?
    /// What was expected, what was found, and what would help.
    public var message: String

    /// An error about a layer of one's own.
    public init(_ code: Code, place: String? = nil, _ message: String) {
        (self.code, self.place, self.message) = (code, place, message)
    }
    /// One line: the place and the message.
    public var description: String { place.map { "\($0): \(message)" } ?? message }
}

extension ModelError {
    /// What a graph builder complains of, for whoever writes a model.
    init(_ error: GraphError) {
        switch error.code {
        case .invalid: self.init(.shape, error.message)
        case .examplesMeet:
            self.init(.examplesMeet, "\(error.message); predictions must not depend on other examples")
        }
    }

    static func translating<Result>(place: String? = nil, _ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch let error as GraphError {
            var error = ModelError(error)
            error.place = place
            throw error
        } catch var error as ModelError where error.place == nil {
            error.place = place
            throw error
        }
    }
}
