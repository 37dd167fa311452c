import Kernels
import TensorIR

/// The precision of a run: how `real` nodes are stored.
public enum Precision: String, Sendable, CaseIterable {
    /// IEEE single and double precision.
    case float32, float64
    package var storage: Storage { self == .float32 ? .float32 : .float64 }
}

extension ElementType {
    package func storage(_ precision: Precision) -> Storage {
        switch self {
        case .real: precision.storage
        case .float64: .float64
        case .int64: .int64
        case .bool: .bool
        }
    }
}
