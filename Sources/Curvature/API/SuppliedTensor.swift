import Kernels

/// A vector or block that comes with an expression.
struct SuppliedTensor: Hashable, Sendable {
    enum Content: Hashable, Sendable {
        case values([Double])
        /// Independent standard normal entries.
        case normal(seed: UInt64)
    }
    let shape: [Int]
    let content: Content

    /// Equal tensors have equal names, so that they are one tensor to a plan.
    var contentName: String {
        guard case .values(let values) = content else { preconditionFailure("random tensors are named by their seed") }
        // Fowler, Noll and Vo's hash, 1a, over words.
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for word in shape.map({ UInt64($0) }) + values.map(\.bitPattern) { hash = (hash ^ word) &* 0x100_0000_01b3 }
        let digits = String(hash, radix: 16)
        return "array_" + String(repeating: "0", count: 16 - digits.count) + digits
    }
}

/// A problem's vectors and those that came with expressions.
struct SuppliedSource: DataSource {
    let base: any DataSource
    let supplied: [String: SuppliedTensor]
    var origin: String { base.origin }

    /// Draws of labels have samples of smaller numbers: no vector is made of theirs.
    static let sample = (1 << 24) - 1

    var tensors: [String: DataTensor] {
        base.tensors.merging(supplied.mapValues { DataTensor(shape: $0.shape, isInteger: false) }) { $1 }
    }
    func read(_ name: String, from start: Int, into destination: Operand) throws {
        switch supplied[name]?.content {
        case nil: try base.read(name, from: start, into: destination)
        case .values(let values): destination.fill(values[start..<start + destination.count])
        case .normal(let seed):
            Philox(seed: seed).fillNormals(destination, from: start, sample: SuppliedSource.sample)
        }
    }
}
