/// Where a problem's network comes from: `.network(model)`, or a file that another module reads (`.onnx(url)`).
public struct ModelSource: Sendable {
    package let name: String
    /// The network for data of these shapes, by their names.
    package let load: @Sendable (_ data: [String: [Int]]) throws -> Model

    package init(name: String, load: @escaping @Sendable (_ data: [String: [Int]]) throws -> Model) {
        (self.name, self.load) = (name, load)
    }

    /// A network that exists.
    ///
    /// - Parameters:
    ///   - model: made in Swift, or read before.
    ///   - name: for messages and explain.
    public static func network(_ model: Model, name: String = "model") -> ModelSource {
        ModelSource(name: name) { _ in model }
    }
    /// A network of layers; see ``Model/init(_:inputShape:isInteger:seed:)``.
    public static func layers(
        _ layer: some Layer, inputShape: [Int], isInteger: Bool = false, seed: UInt64 = 0
    ) throws -> ModelSource {
        .network(try Model(layer, inputShape: inputShape, isInteger: isInteger, seed: seed))
    }
}
