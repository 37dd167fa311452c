/// body(x) + x, or body(x) + shortcut(x) (He et al. 2015). Parts `body` and `shortcut`.
public struct Residual: Layer {
    /// The layers that the path goes around.
    public var body: any Layer
    /// What is on the path; nil for the input itself.
    public var shortcut: (any Layer)?
    /// A path around `body`.
    public init(_ body: any Layer, shortcut: (any Layer)? = nil) { (self.body, self.shortcut) = (body, shortcut) }

    public func forward(_ x: Tensor, in scope: Scope) throws -> Tensor {
        let inner = try body(x, in: scope.child("body"))
        let outer = try shortcut.map { try $0(x, in: scope.child("shortcut")) } ?? x
        guard inner.shape == outer.shape else {
            throw ModelError(
                .shape,
                "expected a body and a shortcut of one shape, found \(inner) and \(outer); give it another shortcut")
        }
        return try inner + outer
    }
}
