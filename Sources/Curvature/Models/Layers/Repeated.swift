/// One layer applied several times in a row with the same parameters, which have the layer's own names.
public struct Repeated: Layer {
    /// What is applied.
    public var layer: any Layer
    /// How often.
    public var times: Int
    /// `layer` applied `times` times.
    public init(_ layer: any Layer, times: Int) { (self.layer, self.times) = (layer, times) }

    public func forward(_ x: Tensor, in scope: Scope) throws -> Tensor {
        guard times > 0 else { throw ModelError(.option, "expected one time or more, found \(times)") }
        var result = try layer(x, in: scope)
        for _ in 1..<times { result = try layer(result, in: scope.reusing) }
        return result
    }
}
