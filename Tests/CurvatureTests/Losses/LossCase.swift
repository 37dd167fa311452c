import TensorIR
import Testing

@testable import Curvature

/// A network to put losses on: predictions (N, ..., C), or with the classes elsewhere.
enum Architecture: String, CaseIterable, Sendable {
    /// (N, C).
    case flat
    /// (N, T, C), where terms see each other.
    case sequence
    /// (N, T1, T2, C).
    case grid
    /// (N, C, T), class_axis=1; the same network as `sequence`.
    case classesSecond
    /// (N): one output without an axis.
    case single

    var middle: [Int] {
        switch self {
        case .flat, .single: []
        case .sequence, .classesSecond: [4]
        case .grid: [2, 2]
        }
    }
    var outputs: Int { self == .single ? 1 : 3 }
    var terms: Int { middle.reduce(1, *) }
    var inputShape: [Int] { terms == 1 ? [3] : [4, 3] }
    var classAxis: Int? { self == .classesSecond ? 1 : nil }

    func model(seed: UInt64 = 2) throws -> Model {
        switch self {
        case .flat: return try TestNetwork.mlp([3, 4, 3], seed: seed)
        case .single:
            let model = try TestNetwork.mlp([3, 4, 1], seed: seed)
            return try model.with { try $0.reshape($1, [.examples]) }
        case .sequence: return try TestNetwork.attention(inputs: 3, terms: 4, outputs: 3, seed: seed)
        case .grid:
            return try Architecture.sequence.model(seed: seed).with { try $0.reshape($1, [.examples, 2, 2, 3]) }
        case .classesSecond: return try Architecture.sequence.model(seed: seed).with { try $0.permute($1, [0, 2, 1]) }
        }
    }
    /// From the library's order of classes (last) to the model's own.
    func inModelOrder(_ values: [Double]) -> [Double] {
        guard self == .classesSecond else { return values }
        let perExample = terms * outputs
        return values.indices.map { index in
            let (example, rest) = (index / perExample, index % perExample)
            let (c, t) = (rest / terms, rest % terms)
            return values[example * perExample + t * outputs + c]
        }
    }
    func targetShape(_ examples: Int, isIndex: Bool) -> [Int] {
        if isIndex { return [examples] + middle }
        if self == .classesSecond { return [examples, outputs] + middle }
        return [examples] + middle + (self == .single ? [] : [outputs])
    }
}

extension Model {
    /// The same network with something done to its predictions.
    func with(_ change: (TensorGraph, Node) throws -> Node) throws -> Model {
        let changed = graph.copy()
        return Model(
            graph: changed, prediction: try change(changed, prediction), inputs: inputs, parameters: parameters)
    }
}

/// A loss with options, and the kind of targets it comes with. The shapes of weights are patterns: N, T (all middle
/// axes), t (as many ones), C, 1.
struct LossCase: Sendable, CustomTestStringConvertible {
    enum Targets: Sendable { case classes, probabilities, reals, bits, softBits }
    var function: String
    var targets: Targets
    var ignoring: Int?
    var smoothing: Double?
    var weights: String?
    var positiveWeights: String?
    /// Labels that are ignored, and examples all of whose labels are.
    var hasIgnored = false

    func text(_ architecture: Architecture) -> String {
        var options: [String] = []
        if let ignoring { options.append("ignore_index=\(ignoring)") }
        if let smoothing { options.append("label_smoothing=\(smoothing)") }
        if positiveWeights != nil { options.append("positive_weights=p") }
        if weights != nil { options.append("weights=w") }
        if let axis = architecture.classAxis { options.append("class_axis=\(axis)") }
        return options.isEmpty ? function : "\(function)(\(options.joined(separator: ", ")))"
    }
    var testDescription: String {
        let shapes = [weights.map { "weights \($0)" }, positiveWeights.map { "positive \($0)" }].compactMap(\.self)
        return ([text(.flat), "\(targets)"] + shapes + (hasIgnored ? ["some ignored"] : [])).joined(separator: ", ")
    }

    static let classes: [LossCase] = [
        LossCase(function: "cross-entropy", targets: .classes),
        LossCase(function: "cross-entropy", targets: .classes, hasIgnored: true),
        LossCase(function: "cross-entropy", targets: .classes, ignoring: -1, hasIgnored: true),
        LossCase(function: "cross-entropy", targets: .classes, ignoring: 1),
        LossCase(function: "cross-entropy", targets: .classes, smoothing: 0.3),
        LossCase(function: "cross-entropy", targets: .classes, smoothing: 1, hasIgnored: true),
        LossCase(function: "cross-entropy", targets: .classes, weights: "C"),
        LossCase(function: "cross-entropy", targets: .classes, weights: "C", hasIgnored: true),
        LossCase(function: "cross-entropy", targets: .classes, smoothing: 0.3, weights: "C", hasIgnored: true),
        LossCase(function: "cross-entropy", targets: .classes, ignoring: 2, smoothing: 0.3, weights: "C"),
    ]
    static let probabilities: [LossCase] = [
        LossCase(function: "cross-entropy", targets: .probabilities),
        LossCase(function: "cross-entropy", targets: .probabilities, smoothing: 0.3),
        LossCase(function: "cross-entropy", targets: .probabilities, weights: "C"),
        LossCase(function: "cross-entropy", targets: .probabilities, ignoring: 0, smoothing: 0.3, weights: "C"),
    ]
    static let squared =
        [nil, "C", "1C", "NTC", "Nt1", "1TC", "TC", "1"].map {
            LossCase(function: "mse", targets: .reals, weights: $0)
        }
    static let binary: [LossCase] = [
        LossCase(function: "bce", targets: .bits),
        LossCase(function: "bce", targets: .softBits),
        LossCase(function: "bce", targets: .bits, positiveWeights: "C"),
        LossCase(function: "bce", targets: .softBits, positiveWeights: "C"),
        LossCase(function: "bce", targets: .softBits, weights: "NTC"),
        LossCase(function: "bce", targets: .bits, weights: "Nt1"),
        LossCase(function: "bce", targets: .softBits, weights: "TC", positiveWeights: "C"),
        LossCase(function: "bce", targets: .bits, weights: "NTC", positiveWeights: "1C"),
        LossCase(function: "bce", targets: .softBits, weights: "C", positiveWeights: "NTC"),
    ]
    static let all = classes + probabilities + squared + binary
}
