/// One axis for all but the examples: (B, ...) to (B, n), row-major.
public struct Flatten: Layer {
    /// It has no options.
    public init() {}
    public func forward(_ x: Tensor, in scope: Scope) throws -> Tensor { try x.flattened() }
}
