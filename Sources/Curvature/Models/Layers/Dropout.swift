/// The identity: networks are differentiated as they predict. It keeps the numbering of a network's layers.
public struct Dropout: Layer {
    /// The fraction that training leaves out; it changes nothing here.
    public var rate: Double
    /// Any rate: predictions drop nothing.
    public init(_ rate: Double = 0.5) { self.rate = rate }
    public func forward(_ x: Tensor, in scope: Scope) throws -> Tensor { x }
}
