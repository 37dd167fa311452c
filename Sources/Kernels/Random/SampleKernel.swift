import CKernels

/// Draws random values for samples, examples and terms.
///
/// A draw depends on the seed and on its example's index in the data set, its term, sample and component, and on
/// nothing else: not on the batch, on how many samples there are, or on the precision (float32 has float64's value,
/// rounded).
package final class SampleKernel: Kernel {
    package enum Kind: Hashable, Sendable {
        /// In [0, 1).
        case uniform
        case normal
        /// A class, with the probabilities in the parameters, which sum to 1 about.
        case categorical
        /// 1 with the probability in the parameters, else 0.
        case bernoulli
    }

    package let matmulFlops = 0
    package let flops = 0

    private let kind: Kind
    private let parameters: Operand?
    private let output: Operand
    private let seed: UInt64
    private let samples: Int
    private let batch: Int
    private let terms: Int
    /// Components of a term, or classes.
    private let components: Int
    private let rowsPerTask: Int

    /// - Parameter parameters: sizes [B][T][C], contiguous; for `categorical` and `bernoulli`.
    /// - Parameter output: contiguous, sizes [S][B][T][C]; for `categorical` [S][B][T], int64.
    package init(kind: Kind, parameters: Operand?, output: Operand, seed: UInt64) {
        self.kind = kind
        self.parameters = parameters
        self.output = output
        self.seed = seed
        precondition(output.isContiguous, "samples in a view with gaps")
        precondition(output.rank == (kind == .categorical ? 3 : 4), "samples of sizes \(output.sizes)")
        samples = output.sizes[0]
        batch = output.sizes[1]
        terms = output.sizes[2]
        switch kind {
        case .categorical:
            precondition(output.storage == .int64, "classes are int64")
            components = parameters!.sizes[2]
            precondition(components > 0 || output.count == 0, "no class to draw")
        default:
            precondition(output.storage == .float32 || output.storage == .float64, "samples are real")
            components = output.sizes[3]
        }
        if kind == .categorical || kind == .bernoulli {
            precondition(parameters!.isContiguous && parameters!.sizes == [batch, terms, components])
            precondition(parameters!.storage == .float32 || parameters!.storage == .float64)
        }
        Philox.check(example: 0, term: max(terms - 1, 0), sample: max(samples - 1, 0))
        rowsPerTask = max(1, 1024 / max(components, 1))
    }

    package func run(_ state: RunState) {
        let rows = samples * batch * terms
        if rows == 0 || components == 0 { return }
        let firstExample = state.firstExample
        Philox.check(example: firstExample + batch - 1, term: 0, sample: 0)
        parallelFor((rows + rowsPerTask - 1) / rowsPerTask) { task in
            for row in task * rowsPerTask..<min((task + 1) * rowsPerTask, rows) {
                let place = Place(
                    row: row, parameterRow: row % (batch * terms), example: firstExample + row / terms % batch,
                    term: row % terms, sample: row / (batch * terms))
                switch kind {
                case .categorical: drawClass(place)
                default: drawComponents(place)
                }
            }
        }
    }

    private struct Place {
        var row: Int
        var parameterRow: Int
        var example: Int
        var term: Int
        var sample: Int
    }

    /// The inverse of the distribution function at a uniform number.
    private func drawClass(_ place: Place) {
        let uniform = Philox(seed: seed).uniform(example: place.example, term: place.term, sample: place.sample)
        let first = place.parameterRow * components
        var sum = 0.0
        // The last possible class, if rounding leaves the sum below the uniform number.
        var drawn = 0
        for candidate in 0..<components {
            let probability = parameters!.real(first + candidate)
            if !(probability > 0) { continue }
            drawn = candidate
            sum += probability
            if uniform < sum { break }
        }
        output.address.assumingMemoryBound(to: Int64.self)[place.row] = Int64(drawn)
    }

    private func drawComponents(_ place: Place) {
        // So few that they fit on the stack.
        let most = 64
        withUnsafeTemporaryAllocation(of: Double.self, capacity: most) { draws in
            for first in stride(from: 0, to: components, by: most) {
                let count = min(most, components - first)
                let fill = kind == .normal ? ck_normals : ck_uniforms
                fill(
                    seed, UInt64(place.example), UInt64(place.term), UInt64(place.sample), UInt64(first), Int64(count),
                    draws.baseAddress)
                for offset in 0..<count {
                    let component = first + offset
                    var value = draws[offset]
                    if kind == .bernoulli {
                        value = value < parameters!.real(place.parameterRow * components + component) ? 1 : 0
                    }
                    write(value, to: place.row * components + component)
                }
            }
        }
    }

    private func write(_ value: Double, to index: Int) {
        if output.storage == .float64 {
            output.address.assumingMemoryBound(to: Double.self)[index] = value
            return
        }
        var rounded = Float(value)
        // Rounding must not carry a uniform number out of its interval.
        if kind == .uniform && rounded == 1 { rounded = rounded.nextDown }
        output.address.assumingMemoryBound(to: Float.self)[index] = rounded
    }
}

extension Operand {
    /// An element of a contiguous view of real numbers.
    fileprivate func real(_ index: Int) -> Double {
        storage == .float32
            ? Double(address.assumingMemoryBound(to: Float.self)[index])
            : address.assumingMemoryBound(to: Double.self)[index]
    }
}
