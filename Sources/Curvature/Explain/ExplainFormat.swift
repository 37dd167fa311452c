/// How a plan is shown. Each format renders the same neutral document.
public struct ExplainFormat: Sendable {
    /// As `--explain=NAME` has it.
    public let name: String
    private let render: @Sendable (PlanDocument) throws -> String

    public init(name: String, render: @escaping @Sendable (PlanDocument) throws -> String) {
        (self.name, self.render) = (name, render)
    }
    public func callAsFunction(_ document: PlanDocument) throws -> String { try render(document) }

    public static let all: [ExplainFormat] = [.text, .json, .dot]
}
