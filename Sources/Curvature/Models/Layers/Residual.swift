/// body(x) + x, or body(x) + shortcut(x) (He et al. 2015). Parts `body` and `shortcut`.
public struct Residual: Layer {
    public var body: any Layer
    public var shortcut: (any Layer)?
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
