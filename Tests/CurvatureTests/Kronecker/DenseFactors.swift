import Kernels
import TensorIR

@testable import Curvature

/// Factors by definition, example by example on plain arrays: output gradients from the Jacobian with respect to the probes, inputs
/// from the network cut off before the layer, cotangents from the dense loss.
struct DenseFactors {
    let setup: LossSetup
    let network: ProbedNetwork
    let options: KroneckerOptions
    private let z: [[Double]]
    /// (N T C) x probes.
    private let jacobian: Matrix
    private let starts: [String: Int]
    /// Inputs of each use, for each example (positions x inputs).
    let inputs: [[Matrix]]
    /// The cotangents of each example, (T C), with 1/sqrt(m): all terms at once, or each by itself.
    private let cotangents: [[[Double]]]

    init(
        _ setup: LossSetup, _ network: ProbedNetwork, _ options: KroneckerOptions, termsApart: Bool = false
    ) throws {
        (self.setup, self.network, self.options) = (setup, network, options)
        let (problem, dense) = (setup.problem, setup.dense)
        let probes = problem.model.parameters.filter { $0.name.hasPrefix("probe") }
        var starts: [String: Int] = [:]
        var count = 0
        for probe in probes {
            starts[probe.name] = count
            count += probe.count
        }
        self.starts = starts
        var vectors = setup.vectors
        vectors["I"] = ([count, count], Matrix.identity(count).values)
        let probing = try Problem(
            name: "probes", model: problem.model, loss: problem.loss, data: problem.data,
            vectors: ArraySource(vectors.mapValues { ($0.shape, .real($0.values)) }), parameters: ["probe*"])
        let results = try valuesByName(["prediction", "J = jacobian @ I"], probing)
        z = LossSetup.rows(results["prediction"]!, dense.outputs)
        jacobian = Matrix(rows: dense.terms * dense.outputs, columns: count, results["J"]!)
        inputs = try network.uses.map { try Self.inputs($0, setup) }
        let (terms, outputs) = (setup.architecture.terms, setup.architecture.outputs)
        let z = z
        let draws = SampledCurvatureTests.draws(setup.loss, seed: options.seed, outputs: outputs)
        let scale = 1 / setup.divisor.squareRoot()
        cotangents = (0..<LossSetup.examples).map { n in
            func all(_ column: (Int) -> [Double], _ factor: Double = 1) -> [Double] {
                (0..<terms).flatMap { column(n * terms + $0).map { scale * factor * $0 } }
            }
            let whole: [[Double]]
            switch options.fisher {
            case .forwardOnly: whole = []
            case .empirical: whole = [all { dense.gradient($0, z[$0]) }]
            case .type2: whole = (0..<outputs).map { c in all { dense.root($0, z[$0]).column(c) } }
            case .mc:
                whole = (0..<options.samples).map { sample in
                    all(
                        { dense.score($0, z[$0], draws(n, $0 - n * terms, sample)) },
                        1 / Double(options.samples).squareRoot())
                }
            }
            guard termsApart else { return whole }
            return (0..<terms).flatMap { t in
                whole.map { vector in vector.indices.map { $0 / outputs == t ? vector[$0] : 0 } }
            }
        }
    }

    // MARK: Inputs and gradients

    private static func inputs(_ use: ProbedNetwork.Use, _ setup: LossSetup) throws -> [Matrix] {
        let examples = LossSetup.examples
        if case .table = use.form {
            guard case .int64(let indices) = setup.inputs.values else { preconditionFailure("indices are integers") }
            let rows = setup.problem.model.parameters.first { $0.name == use.weight }!.shape[0]
            return (0..<examples).map { n in
                var hot = Matrix(rows: use.positions, columns: rows)
                for s in 0..<use.positions { hot[s, Int(indices[n * use.positions + s])] = 1 }
                return hot
            }
        }
        let model = setup.problem.model
        let cut = try model.with { _, _ in use.input }
        let shape = cut.graph.shape(use.input).sizes(examples: examples)
        let count = shape.reduce(1, *)
        let data = ArraySource([
            "inputs": setup.inputs, "targets": (shape, .real([Double](repeating: 0, count: count))),
        ])
        // Any loss will do: only the value is asked for. Every parameter is selected, used or not.
        let problem = try Problem(
            name: "cut", model: cut, loss: Loss(.meanSquaredError()), data: data, vectors: ArraySource([:]))
        let values = try valuesByName(["prediction"], problem)["prediction"]!
        return (0..<examples).map { n in
            let own = Array(values[n * (count / examples)..<(n + 1) * (count / examples)])
            switch use.form {
            case .convolution(let geometry, let taps, let frames, let channels, let space):
                let size = own.count / frames
                let parts = (0..<frames).map {
                    patches(Array(own[$0 * size..<($0 + 1) * size]), geometry, taps, channels, space)
                }
                return Matrix(rows: use.positions, columns: parts[0].columns, parts.flatMap(\.values))
            default: return Matrix(rows: use.positions, columns: own.count / use.positions, own)
            }
        }
    }

    /// Input patches of every output position, the mean over groups.
    private static func patches(
        _ x: [Double], _ geometry: ConvolutionGeometry, _ taps: [Int], _ channels: Int, _ space: [Int]
    ) -> Matrix {
        let rank = space.count
        let outputs = (0..<rank).map { geometry.outputExtent(axis: $0, input: space[$0], kernel: taps[$0]) }
        let group = channels / geometry.groups
        func places(_ sizes: [Int]) -> [[Int]] {
            sizes.reduce([[]]) { places, size in places.flatMap { place in (0..<size).map { place + [$0] } } }
        }
        var result = Matrix(rows: outputs.reduce(1, *), columns: group * taps.reduce(1, *))
        for (s, output) in places(outputs).enumerated() {
            for (j, entry) in places([group] + taps).enumerated() {
                for g in 0..<geometry.groups {
                    var (index, isInside) = (g * group + entry[0], true)
                    for axis in 0..<rank {
                        let reach = entry[axis + 1] * geometry.dilations[axis] - geometry.padLow[axis]
                        let place = output[axis] * geometry.strides[axis] + reach
                        isInside = isInside && place >= 0 && place < space[axis]
                        index = index * space[axis] + place
                    }
                    guard isInside else { continue }
                    result[s, j] += x[index] / Double(geometry.groups)
                }
            }
        }
        return result
    }

    var columns: Int { cotangents[0].count }

    /// G of a use: positions x outputs.
    func gradient(_ use: ProbedNetwork.Use, _ n: Int, _ k: Int) -> Matrix {
        let rows = cotangents[n][k].count
        let start = starts[use.probe]!
        var result = Matrix(rows: use.positions, columns: use.outputs)
        for s in 0..<use.positions {
            for o in 0..<use.outputs {
                var column = start + s * use.outputs + o
                if case .convolution(_, _, let frames, _, _) = use.form {
                    let (frame, place) = s.quotientAndRemainder(dividingBy: use.positions / frames)
                    column = start + (frame * use.outputs + o) * (use.positions / frames) + place
                }
                for row in 0..<rows { result[s, o] += cotangents[n][k][row] * jacobian[n * rows + row, column] }
            }
        }
        return result
    }

    /// Cotangents times the Jacobian with respect to a parameter: its gradients, (columns for each example) x entries.
    func parameterGradients(_ name: String) throws -> [[[Double]]] {
        let count = setup.problem.model.parameters.first { $0.name == name }!.count
        var vectors = setup.vectors
        vectors["I"] = ([count, count], Matrix.identity(count).values)
        let problem = try Problem(
            name: "parameter", model: setup.problem.model, loss: setup.problem.loss, data: setup.problem.data,
            vectors: ArraySource(vectors.mapValues { ($0.shape, .real($0.values)) }), parameters: [name])
        let jacobian = Matrix(
            rows: z.count * setup.architecture.outputs, columns: count,
            try valuesByName(["J = jacobian @ I"], problem)["J"]!)
        return cotangents.enumerated().map { n, columns in
            columns.map { cotangent in
                (0..<count).map { entry in
                    cotangent.indices.reduce(0) { $0 + cotangent[$1] * jacobian[n * cotangent.count + $1, entry] }
                }
            }
        }
    }

    // MARK: Factors

    private func uses(weight: String) -> [Int] { network.uses.indices.filter { network.uses[$0].weight == weight } }
    private func weight(_ n: Int) -> Double {
        let terms = setup.architecture.terms
        return (0..<terms).reduce(0) { $0 + setup.dense.weight(n * terms + $1) } / Double(terms)
    }
    private static func reduced(_ matrix: Matrix, by divisor: Double) -> Matrix {
        var result = Matrix(rows: 1, columns: matrix.columns)
        for s in 0..<matrix.rows { for j in 0..<matrix.columns { result[0, j] += matrix[s, j] / divisor } }
        return result
    }
    private static func extended(_ matrix: Matrix, by last: Double) -> Matrix {
        Matrix(
            rows: matrix.rows, columns: matrix.columns + 1, (0..<matrix.rows).flatMap { matrix.row($0) + [last] })
    }

    /// A of the layer with this weight.
    func inputFactor(_ name: String, isJoint: Bool) -> Matrix {
        var (sum, total, positions) = (nil as Matrix?, 0.0, 0)
        for use in uses(weight: name) {
            positions += options.weightSharing == .reduce ? 1 : network.uses[use].positions
            for n in 0..<LossSetup.examples {
                var input = inputs[use][n]
                if options.weightSharing == .reduce { input = Self.reduced(input, by: Double(input.rows)) }
                if isJoint { input = Self.extended(input, by: network.uses[use].bias == nil ? 0 : 1) }
                let own = weight(n) * (input.transposed * input)
                sum = sum.map { $0 + own } ?? own
            }
        }
        for n in 0..<LossSetup.examples { total += weight(n) }
        return (1 / (total * Double(positions))) * sum!
    }

    /// B of the layer with this weight, or its bias's block: then only the uses with the bias.
    func outputFactor(_ name: String, biasOnly: Bool = false) -> Matrix {
        var sum: Matrix?
        for use in uses(weight: name) where !biasOnly || network.uses[use].bias != nil {
            for n in 0..<LossSetup.examples {
                for k in 0..<columns {
                    var gradient = gradient(network.uses[use], n, k)
                    if options.weightSharing == .reduce { gradient = Self.reduced(gradient, by: 1) }
                    let own = gradient.transposed * gradient
                    sum = sum.map { $0 + own } ?? own
                }
            }
        }
        return sum!
    }

    /// P_kn for each example and column: outputs x inputs.
    func exampleGradients(_ name: String, isJoint: Bool) -> [Matrix] {
        (0..<LossSetup.examples).flatMap { n in
            (0..<columns).map { k in
                var sum: Matrix?
                for use in uses(weight: name) {
                    var input = inputs[use][n]
                    if isJoint { input = Self.extended(input, by: network.uses[use].bias == nil ? 0 : 1) }
                    let own = gradient(network.uses[use], n, k).transposed * input
                    sum = sum.map { $0 + own } ?? own
                }
                return sum!
            }
        }
    }

    /// p_kn of the bias of the layer with this weight.
    func biasGradients(_ name: String) -> [Matrix] {
        (0..<LossSetup.examples).flatMap { n in
            (0..<columns).map { k in
                var sum: Matrix?
                for use in uses(weight: name) where network.uses[use].bias != nil {
                    let own = Self.reduced(gradient(network.uses[use], n, k), by: 1).transposed
                    sum = sum.map { $0 + own } ?? own
                }
                return sum!
            }
        }
    }
}
