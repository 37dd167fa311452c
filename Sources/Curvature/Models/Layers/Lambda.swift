/// A function of tensors as a layer without parameters: `Lambda { x in try x.mean(axes: [1]) }`.
public struct Lambda: Layer {
    private let body: @Sendable (Tensor) throws -> Tensor
    /// A function that makes no parameters.
    public init(_ body: @escaping @Sendable (Tensor) throws -> Tensor) { self.body = body }
    public func forward(_ x: Tensor, in scope: Scope) throws -> Tensor { try body(x) }
}
