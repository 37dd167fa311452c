import Kernels
import TensorIR

/// The divisor m of the loss: what counts over *all* data, so that no result depends on the batch size. Found by one look at the
/// targets, which also checks every label.
struct LossDivisor {
    let problem: Problem

    func value() throws -> Double {
        let shape = problem.shape
        switch problem.loss.function {
        case .crossEntropy(let ignored, _, let weights, _) where problem.hasIndexTargets:
            let (terms, weight) = try counted(ignored: ignored, weights: weights)
            guard problem.loss.reduction == .mean else { return 1 }
            guard terms > 0 else {
                throw ProblemError(
                    .target,
                    "\(problem.data.origin): 'targets' has no term that counts (ignore_index=\(ignored)), so its mean is undefined; use --reduction sum, or other targets"
                )
            }
            guard weight > 0 else {
                throw ProblemError(
                    .loss,
                    "--loss: the class weights \(OneLine.quotedName(weights!)) of the terms that count sum to \(weight), so their mean is undefined; use --reduction sum, or other weights"
                )
            }
            return weight
        case .crossEntropy: return problem.loss.reduction == .mean ? Double(shape.examples * shape.terms) : 1
        case .meanSquaredError, .binaryCrossEntropy:
            return problem.loss.reduction == .mean ? Double(shape.outputEntries) : 1
        case .custom:
            let count = shape.examples * shape.terms * problem.valuesPerTerm
            return problem.loss.reduction == .mean ? Double(count) : 1
        }
    }

    /// How many labels are not ignored, and the sum of their class weights.
    private func counted(ignored: Int, weights: String?) throws -> (terms: Int, weight: Double) {
        let shape = problem.shape
        let classes = shape.outputs
        var classWeights = [Double](repeating: 1, count: classes)
        if let weights {
            let memory = Memory(byteCount: 8 * classes)
            // An operand does not keep its memory alive.
            defer { withExtendedLifetime(memory) {} }
            let operand = Operand(address: memory.address, storage: .float64, sizes: [classes])
            try problem.vectors.read(weights, from: 0, into: operand)
            if let index = operand.firstNonFinite {
                throw ProblemError(
                    .notFinite,
                    "\(problem.vectors.origin): \(OneLine.quotedName(weights)) has a value that is not finite at element \(index)"
                )
            }
            classWeights = operand.doubles
        }
        var counts = [Int](repeating: 0, count: classes)
        let total = shape.examples * shape.terms
        let chunk = min(total, 1 << 16)
        let memory = Memory(byteCount: 8 * chunk)
        // An operand does not keep its memory alive.
        defer { withExtendedLifetime(memory) {} }
        for start in stride(from: 0, to: total, by: max(1, chunk)) {
            let operand = Operand(address: memory.address, storage: .int64, sizes: [min(chunk, total - start)])
            try problem.data.read("targets", from: start, into: operand)
            try operand.withMutableSpan(of: Int64.self) { labels in
                for index in labels.indices {
                    let label = labels[index]
                    if label == Int64(ignored) { continue }
                    guard label >= 0, label < Int64(classes) else {
                        let (example, term) = ((start + index) / shape.terms, (start + index) % shape.terms)
                        let place = shape.terms == 1 ? "example \(example)" : "example \(example), term \(term)"
                        throw ProblemError(
                            .target,
                            "\(problem.data.origin): 'targets' has label \(label) at \(place), expected 0 to \(classes - 1); an ignored label is named by ignore_index"
                        )
                    }
                    counts[Int(label)] += 1
                }
            }
        }
        return (counts.reduce(0, +), zip(counts, classWeights).reduce(0) { $0 + Double($1.0) * $1.1 })
    }
}
