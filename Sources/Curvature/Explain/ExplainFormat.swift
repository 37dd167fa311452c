/// How a plan is shown. Each format renders the same neutral document.
public struct ExplainFormat: Sendable {
    /// As `--explain=NAME` has it.
    public let name: String
    private let render: @Sendable (PlanDocument) throws -> String

    /// A format of one's own.
    public init(name: String, render: @escaping @Sendable (PlanDocument) throws -> String) {
        (self.name, self.render) = (name, render)
    }
    /// The document as text of this format.
    public func callAsFunction(_ document: PlanDocument) throws -> String { try render(document) }

    /// The formats that `--explain=NAME` knows.
    public static let all: [ExplainFormat] = [.text, .json, .dot]
}
