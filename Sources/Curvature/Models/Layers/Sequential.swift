/// Layers one after the other. Parts are called `0`, `1`, ..., or by names.
///
///     let network = Sequential(Convolution2D(8, size: 3, padding: 1), Activation.relu, Flatten(), Linear(10))
///     let named = Sequential(named: ["features": network, "head": Linear(3)])
public struct Sequential: Layer {
    /// The parts in order, with their names.
    public var layers: [(name: String, layer: any Layer)]

    /// Parts called `0`, `1`, ....
    public init(_ layers: any Layer...) { self.init(layers) }
    /// Parts called `0`, `1`, ....
    public init(_ layers: [any Layer]) {
        self.layers = layers.enumerated().map { (name: String($0), layer: $1) }
    }
    /// Parts with names of their own.
    public init(named layers: KeyValuePairs<String, any Layer>) {
        self.layers = layers.map { (name: $0.key, layer: $0.value) }
    }

    public func forward(_ x: Tensor, in scope: Scope) throws -> Tensor {
        try layers.reduce(x) { x, part in try part.layer(x, in: scope.child(part.name)) }
    }
}
