import TensorIR

/// What a name in a model stands for while it is read.
enum Value {
    /// Computed when the model runs.
    case node(Node)
    /// Known now.
    case host(HostTensor)
    case sequence([Value])

    var host: HostTensor? {
        if case .host(let tensor) = self { tensor } else { nil }
    }
}
