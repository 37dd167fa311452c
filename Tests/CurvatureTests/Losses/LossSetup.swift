@testable import Curvature

/// A loss on a network with data, for the library and for the dense definition.
struct LossSetup {
    static let examples = 7
    let architecture: Architecture
    let loss: LossCase
    let problem: Problem
    let dense: DenseLoss
    /// Reduction `mean`'s divisor or 1.
    let divisor: Double
    let vectors: [String: (shape: [Int], values: [Double])]
    let inputs: (shape: [Int], values: ArraySource.Values)

    /// - Parameters:
    ///   - network: Instead of the architecture's own; it has the same predictions' shape.
    ///   - parameters: Those that are selected.
    init(
        _ loss: LossCase, _ architecture: Architecture, reduction: Loss.Reduction = .mean, seed: UInt64 = 1,
        scale: Double = 1, network: ProbedNetwork? = nil, parameters: [String] = []
    ) throws {
        (self.loss, self.architecture) = (loss, architecture)
        let n = Self.examples
        let (terms, outputs) = (architecture.terms, architecture.outputs)
        var numbers = SeededNumbers(seed: seed)
        let model = try network?.model ?? architecture.model()
        let inputs = [n] + (network?.inputShape ?? architecture.inputShape)
        let drawn = numbers.array(inputs.reduce(1, *), scale: 2 * scale)
        var arrays: [String: (shape: [Int], values: ArraySource.Values)] = [
            "inputs": (
                inputs,
                network?.rows.map { rows in .int64(drawn.map { Int64(abs($0) * 97) % Int64(rows) }) } ?? .real(drawn)
            )
        ]
        let targets = Self.targets(loss, n, terms, outputs, &numbers)
        let isIndex = loss.targets == .classes
        let shape = architecture.targetShape(n, isIndex: isIndex)
        arrays["targets"] =
            isIndex
            ? (shape, .int64(targets.labels.map { Int64($0) }))
            : (shape, .real(architecture.inModelOrder(targets.values.flatMap(\.self))))

        var vectors: [String: (shape: [Int], values: [Double])] = [:]
        func tensor(_ name: String, _ pattern: String?) -> [[Double]] {
            guard let pattern else { return Self.rows([Double](repeating: 1, count: n * terms * outputs), outputs) }
            let shape = Self.shape(pattern, n, architecture)
            // From 0 to 2, one of them 0.
            var values = numbers.array(shape.reduce(1, *)).map { abs($0 + 1) }
            if values.count > 1 { values[values.count / 2] = 0 }
            vectors[name] = (shape, values)
            return Self.rows(Self.expand(values, shape, [n] + architecture.middle + [outputs]), outputs)
        }
        var dense = DenseLoss(
            form: Self.form(loss, targets), outputs: outputs, smoothing: loss.smoothing ?? 0,
            classWeights: [Double](repeating: 1, count: outputs))
        let (weights, positive) = (tensor("w", loss.weights), tensor("p", loss.positiveWeights))
        switch loss.targets {
        case .classes, .probabilities: dense.classWeights = weights[0]
        default: (dense.weights, dense.positiveWeights) = (weights, positive)
        }
        let count = model.parameters.reduce(0) { $0 + $1.count }
        let entries = n * terms * outputs
        vectors["v"] = ([count], numbers.array(count))
        vectors["V"] = ([count, 3], numbers.array(count * 3))
        vectors["u"] = ([entries], numbers.array(entries))
        vectors["U"] = ([entries, 2], numbers.array(entries * 2))
        vectors["U3"] = ([entries, 3], numbers.array(entries * 3))
        vectors["I"] = ([count, count], Matrix.identity(count).values)
        (self.vectors, self.dense, self.inputs) = (vectors, dense, arrays["inputs"]!)
        problem = try Problem(
            name: "model", model: model, loss: Loss(parsing: loss.text(architecture), reduction: reduction),
            data: ArraySource(arrays, origin: "data"),
            vectors: ArraySource(vectors.mapValues { ($0.shape, .real($0.values)) }, origin: "vectors"),
            parameters: parameters)
        divisor = reduction == .mean ? dense.divisor : 1
    }

    private typealias Targets = (labels: [Int], values: [[Double]])

    private static func targets(
        _ loss: LossCase, _ n: Int, _ terms: Int, _ outputs: Int, _ numbers: inout SeededNumbers
    ) -> Targets {
        let uniform = numbers.array(n * terms * outputs).map { ($0 + 1) / 2 }
        switch loss.targets {
        case .classes:
            var labels = (0..<n * terms).map { Int(uniform[$0] * Double(outputs)) }
            if loss.hasIgnored {
                // Single terms, and whole examples: one in the middle, and the last.
                for i in labels.indices where i % 5 == 3 || i / terms == 2 || i / terms == n - 1 {
                    labels[i] = loss.ignoring ?? -100
                }
            }
            return (labels, [])
        case .probabilities:
            // The sums are not all 1, which nobody promises; one entry is 0.
            var rows = self.rows(uniform, outputs).map { row in row.map { $0 / (0.1 + row.reduce(0, +)) } }
            rows[1][0] = 0
            return ([], rows)
        case .reals: return ([], rows(uniform.map { 3 * $0 - 1 }, outputs))
        case .bits: return ([], rows(uniform.map { $0 < 0.4 ? 1 : 0 }, outputs))
        case .softBits:
            return ([], rows(uniform.enumerated().map { $0 % 7 == 0 ? 0 : $0 % 7 == 1 ? 1 : $1 }, outputs))
        }
    }
    private static func form(_ loss: LossCase, _ targets: Targets) -> DenseLoss.Form {
        switch loss.targets {
        case .classes: .classes(targets.labels, ignoring: loss.ignoring ?? -100)
        case .probabilities: .probabilities(targets.values)
        case .reals: .squared(targets.values)
        case .bits, .softBits: .binary(targets.values)
        }
    }

    static func shape(_ pattern: String, _ examples: Int, _ architecture: Architecture) -> [Int] {
        pattern.flatMap { letter -> [Int] in
            switch letter {
            case "N": [examples]
            case "T": architecture.middle
            case "t": architecture.middle.map { _ in 1 }
            case "C": [architecture.outputs]
            default: [1]
            }
        }
    }
    static func rows(_ values: [Double], _ width: Int) -> [[Double]] {
        stride(from: 0, to: values.count, by: width).map { Array(values[$0..<$0 + width]) }
    }
    /// NumPy's broadcasting.
    static func expand(_ values: [Double], _ shape: [Int], _ target: [Int]) -> [Double] {
        let padded = [Int](repeating: 1, count: target.count - shape.count) + shape
        return (0..<target.reduce(1, *)).map { index in
            var (rest, source, step) = (index, 0, 1)
            for axis in target.indices.reversed() {
                let place = rest % target[axis]
                rest /= target[axis]
                if padded[axis] != 1 { source += place * step }
                step *= padded[axis]
            }
            return values[source]
        }
    }
}
