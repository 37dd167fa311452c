import TensorIR

/// What layers expect of their input.
extension Tensor {
    func requireRealInput() throws {
        guard type.element == .real else {
            throw ModelError(.shape, "expected real numbers, found \(type.element) of shape \(self)")
        }
    }
    /// (examples, channels, space) with `axes` spatial axes, or any number from one.
    func requireSpatialInput(axes: Int? = nil) throws -> (channels: Int, extents: [Int]) {
        try requireRealInput()
        let wanted = axes.map { "\($0) spatial \($0 == 1 ? "axis" : "axes")" } ?? "space"
        let fits = axes.map { rank == $0 + 2 } ?? (rank > 2)
        guard fits, type.shape[0] == .examples else {
            throw ModelError(.shape, "expected examples, channels and \(wanted), found \(self)")
        }
        return (size(1), (2..<rank).map(size))
    }
    /// (examples, channels, ...).
    func requireChannels() throws -> Int {
        try requireRealInput()
        guard rank >= 2, type.shape[0] == .examples else {
            throw ModelError(.shape, "expected examples and channels, found \(self)")
        }
        return size(1)
    }
    /// (examples, positions, features).
    func requireSequence() throws -> (positions: Int, features: Int) {
        try requireRealInput()
        guard rank == 3, type.shape[0] == .examples else {
            throw ModelError(.shape, "expected examples, positions and features, found \(self)")
        }
        return (size(1), size(2))
    }
}
