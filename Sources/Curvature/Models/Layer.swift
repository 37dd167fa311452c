import TensorIR

/// A function of tensors with parameters of its own: a value that says what to build, and builds it into any model.
///
/// A type conforms by writing `forward`; it asks its scope for parameters and calls other layers in scopes of their own. A layer
/// holds no tensor, so the same value used in two scopes makes two sets of parameters; in one scope *reused*
/// (``Scope/reusing``) it shares them.
///
///     struct Scale: Layer {
///         func forward(_ x: Tensor, in scope: Scope) throws -> Tensor {
///             try x * scope.parameter("scale", shape: [1], .ones)
///         }
///     }
public protocol Layer: Sendable {
    /// What the layer makes of `x`, whose first axis is the examples.
    ///
    /// Call the layer itself, `layer(x, in: scope)`, rather than this: the call gives errors their place.
    func forward(_ x: Tensor, in scope: Scope) throws -> Tensor
}

extension Layer {
    /// Builds the layer into the model of `x`, with its parameters under the scope's name.
    ///
    /// - Throws: ``ModelError``, which names the layer, its type, and the shapes expected and found.
    public func callAsFunction(_ x: Tensor, in scope: Scope) throws -> Tensor {
        let place = scope.path.isEmpty ? "\(Self.self)" : "\(Self.self) '\(scope.path)'"
        let result = try ModelError.translating(place: place) { try forward(x, in: scope) }
        // Messages about values call nodes by their layer; the innermost has named its own already.
        result.builder.graph.setOrigin(place, of: result.node)
        return result
    }
}
