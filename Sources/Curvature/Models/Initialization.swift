import Kernels

/// How the values of a new parameter are drawn. A draw depends on the model's seed, the parameter's position among the model's
/// parameters and its element, and on nothing else.
public enum Initialization: Hashable, Sendable {
    /// Uniform in [-bound, bound).
    case uniform(bound: Double)
    /// Normal with mean 0.
    case normal(deviation: Double)
    /// Every element the same.
    case constant(Double)

    /// Every element 0.
    public static let zeros = Initialization.constant(0)
    /// Every element 1.
    public static let ones = Initialization.constant(1)
    /// Uniform in +-1/sqrt(inputs), as PyTorch's linear and convolutional layers have it.
    public static func fanIn(_ inputs: Int) -> Initialization {
        .uniform(bound: 1 / Double(max(1, inputs)).squareRoot())
    }

    func values(count: Int, index: Int, random: Philox) -> [Float] {
        switch self {
        case .uniform(let bound):
            (0..<count).map { Float((2 * random.uniform(example: index, component: $0) - 1) * bound) }
        case .normal(let deviation): random.normals(example: index, count: count).map { Float($0 * deviation) }
        case .constant(let value): [Float](repeating: Float(value), count: count)
        }
    }
}
