import TensorIR

/// A place in a model's tree of names, where a layer makes its parameters: `blocks.0.attention`.
public struct Scope {
    package let builder: ModelBuilder
    /// The names from the root, joined by full stops; empty at the root.
    public let path: String
    /// Whether parameters are looked up instead of made.
    public let isReusing: Bool

    package init(builder: ModelBuilder, path: String = "", isReusing: Bool = false) {
        (self.builder, self.path, self.isReusing) = (builder, path, isReusing)
    }

    /// The scope of a part.
    public func child(_ name: String) -> Scope {
        Scope(builder: builder, path: path.isEmpty ? name : "\(path).\(name)", isReusing: isReusing)
    }
    /// The scope of a part that has a number for a name.
    public func child(_ index: Int) -> Scope { child(String(index)) }

    /// The same place once more: a layer called here shares the parameters that a layer has made here before.
    public var reusing: Scope { Scope(builder: builder, path: path, isReusing: true) }

    /// A trainable parameter.
    public func parameter(_ name: String, shape: [Int], _ initialization: Initialization) throws -> Tensor {
        let path = child(name).path
        if isReusing { return try builder.parameter(named: path, shape: shape) }
        return try builder.parameter(path, shape: shape, initialization)
    }

    /// A tensor that belongs to the model, is saved and loaded with it, and is not trained: running statistics, tables.
    ///
    /// - Parameters:
    ///   - name: within this scope.
    ///   - shape: the extents, row-major.
    ///   - initialization: the values until others are set or read.
    ///   - reason: what it is, in a few words.
    public func statistic(
        _ name: String, shape: [Int], _ initialization: Initialization, reason: String
    ) throws -> Tensor {
        let path = child(name).path
        if isReusing { return try builder.parameter(named: path, shape: shape) }
        return try builder.parameter(path, shape: shape, initialization, isTrainable: false, reason: reason)
    }

    /// A parameter of any place by its full name, to be used once more (tied weights).
    ///
    /// - Throws: ``ModelError`` if there is none yet, or if its shape is another.
    public func tied(_ path: String, shape: [Int]) throws -> Tensor {
        try builder.parameter(named: path, shape: shape)
    }
}
