import Foundation
import TensorIR

@testable import Curvature

/// A block-diagonal operator on parameter space, applied on plain arrays.
struct DenseBlocks {
    enum Form {
        /// dM -> B dM A on the matrix outputs x inputs.
        case product(output: Matrix, input: Matrix)
        /// dM -> Q_B (Lambda * (Q_B^T dM Q_A)) Q_A^T.
        case eigen(output: Matrix, input: Matrix, values: Matrix)
    }
    /// The blocks, and where in parameter space the entries of their matrices lie, row-major.
    private(set) var blocks: [(places: [Int], form: Form)] = []

    mutating func append(_ places: [Int], _ form: Form) { blocks.append((places, form)) }

    func apply(_ vectors: [Double], columns: Int) -> [Double] {
        var result = [Double](repeating: 0, count: vectors.count)
        for (places, form) in blocks {
            for column in 0..<columns {
                let values = places.map { vectors[$0 * columns + column] }
                let product: Matrix
                switch form {
                case .product(let output, let input):
                    product = output * Matrix(rows: output.rows, columns: input.rows, values) * input
                case .eigen(let output, let input, let eigenvalues):
                    var turned =
                        output.transposed * Matrix(rows: output.rows, columns: input.rows, values) * input
                    for index in turned.values.indices { turned.values[index] *= eigenvalues.values[index] }
                    product = output * turned * input.transposed
                }
                for (place, value) in zip(places, product.values) { result[place * columns + column] = value }
            }
        }
        return result
    }
    var trace: Double {
        blocks.reduce(0) { sum, block in
            switch block.form {
            case .product(let output, let input): sum + output.trace * input.trace
            case .eigen(_, _, let values): sum + values.values.reduce(0, +)
            }
        }
    }
    var frobeniusNorm: Double {
        blocks.reduce(0) { sum, block in
            switch block.form {
            case .product(let output, let input): sum + output.squaredNorm * input.squaredNorm
            case .eigen(_, _, let values): sum + values.squaredNorm
            }
        }.squareRoot()
    }
    /// The matrix of size D.
    func dense(_ size: Int) -> Matrix {
        Matrix(rows: size, columns: size, apply(Matrix.identity(size).values, columns: size))
    }

    /// Where a layer's matrix lies, with the bias as last column where `isJoint`; and where its bias lies.
    static func places(_ layer: FactoredLayer, _ problem: Problem, isJoint: Bool) -> (weight: [Int], bias: [Int]) {
        func start(_ parameter: Int) -> Int { problem.parameters[..<parameter].reduce(0) { $0 + $1.count } }
        let bias = layer.bias.map { parameter in
            Array(start(parameter)..<start(parameter) + problem.parameters[parameter].count)
        }
        guard let parameter = layer.weight else { return ([], bias ?? []) }
        switch layer.role {
        case .affine(let layout), .table(let layout):
            let own = layout.places.map { $0 + start(parameter) }
            guard isJoint else { return (own, bias ?? []) }
            let inputs = layout.inputs
            var joint: [Int] = []
            for output in 0..<layout.outputs {
                joint += own[output * inputs..<(output + 1) * inputs]
                joint.append(bias![output])
            }
            return (joint, [])
        default:
            return (Array(start(parameter)..<start(parameter) + problem.parameters[parameter].count), bias ?? [])
        }
    }

    // MARK: From the library's nodes

    static let one = Matrix.identity(1)

    /// kfac.
    static func kfac(_ problem: Problem, _ options: KroneckerOptions, batch: Int) throws -> DenseBlocks {
        let lowering = try KroneckerLowering(options, NetworkLowering(problem))
        let factors = try lowering.factors()
        let run = try FactorRun(lowering.network, factors.flatMap(\.nodes), batch: batch)
        var blocks = DenseBlocks()
        for layer in factors {
            let places = places(layer.layer, problem, isJoint: layer.isJoint)
            func square(_ node: Node?, _ size: Int) -> Matrix {
                node.map { Matrix(rows: size, columns: size, run[$0]) } ?? .identity(size)
            }
            func append(_ places: [Int], _ block: FactorBlock?) {
                switch block {
                case .kronecker(let output, let input):
                    let inputs = lowering.graph.shape(input)[0].inner
                    blocks.append(
                        places, .product(output: square(output, places.count / inputs), input: square(input, inputs)))
                case .table(let output, let input):
                    let inputs = lowering.graph.shape(input)[0].inner
                    blocks.append(
                        places, .product(output: square(output, places.count / inputs), input: .diagonal(run[input])))
                case .full(let node): blocks.append(places, .product(output: square(node, places.count), input: one))
                case .diagonal(let node): blocks.append(places, .product(output: .diagonal(run[node]), input: one))
                case .identity: blocks.append(places, .product(output: .identity(places.count), input: one))
                case nil: break
                }
            }
            append(places.weight, layer.weight)
            append(places.bias, layer.bias)
        }
        return blocks
    }

    /// ekfac, with bases from a decomposition on plain arrays.
    static func ekfac(_ problem: Problem, _ options: KroneckerOptions, batch: Int) throws -> DenseBlocks {
        let lowering = try KroneckerLowering(options, NetworkLowering(problem), name: "ekfac")
        let factors = try lowering.factors()
        let run = try FactorRun(lowering.network, factors.flatMap(\.nodes), batch: batch)
        var given: [Node: [Double]] = [:]
        func leaf(_ basis: Matrix) throws -> Node {
            let leaf = try lowering.graph.input(
                .value(given.count), TensorType(Shape([basis.rows, basis.columns])))
            given[leaf] = basis.values
            return leaf
        }
        func basis(_ node: Node) -> Matrix {
            let size = lowering.graph.shape(node)[0].inner
            return Matrix(rows: size, columns: size, run[node]).symmetricEigenvectors
        }
        // A bias that is not added at every use has a factor, and a basis, of its own.
        var matrices: [(output: Matrix, input: Matrix, bias: Matrix?)?] = []
        let bases = try factors.map { layer -> KroneckerLowering.Bases? in
            guard case .kronecker(let output, let input) = layer.weight else {
                matrices.append(nil)
                return nil
            }
            var own: Matrix?
            if case .full(let node)? = layer.bias { own = basis(node) }
            let pair = (output: basis(output!), input: basis(input), bias: own)
            matrices.append(pair)
            return KroneckerLowering.Bases(
                output: try leaf(pair.output), input: try leaf(pair.input), bias: try own.map(leaf))
        }
        let corrections = try lowering.corrections(bases)
        let corrected = try FactorRun(
            lowering.network, corrections.flatMap { [$0?.weight, $0?.bias].compactMap(\.self) }, batch: batch,
            given: given)
        var blocks = DenseBlocks()
        for ((layer, correction), pair) in zip(zip(factors, corrections), matrices) {
            guard let correction, let (output, input, own) = pair else { continue }
            let places = places(layer.layer, problem, isJoint: layer.isJoint)
            func values(_ node: Node, _ columns: Int) -> Matrix {
                Matrix(rows: output.rows, columns: columns, corrected[node])
            }
            blocks.append(
                places.weight,
                .eigen(output: output, input: input, values: values(correction.weight!, input.rows)))
            if let bias = correction.bias {
                blocks.append(places.bias, .eigen(output: own ?? output, input: one, values: values(bias, 1)))
            }
        }
        return blocks
    }

    /// kfoc, from Rg formed in full.
    static func kfoc(_ problem: Problem, _ options: KroneckerOptions, batch: Int) throws -> DenseBlocks {
        let lowering = try KroneckerLowering(options, NetworkLowering(problem), name: "kfoc")
        let (gradients, factor) = try lowering.gradientsApart()
        var blocks = DenseBlocks()
        for own in gradients {
            let isJoint = lowering.isJoint(own.layer)
            let (outputs, inputs) = lowering.matrixSize(own.layer)!
            let node = try lowering.rearrangement(own, factor)
            let bias = try own.layer.bias != nil && !isJoint ? lowering.exactBias(own, factor) : nil
            let run = try FactorRun(lowering.network, [node] + [bias].compactMap(\.self), batch: batch)
            let places = places(own.layer, problem, isJoint: isJoint)
            let rearranged = Matrix(rows: outputs * outputs, columns: inputs * inputs, run[node])
            let (sigma, x, y) = rearranged.topSingularTriple
            let sign = (0..<outputs).reduce(0) { $0 + x[$1 * (outputs + 1)] } < 0 ? -1.0 : 1
            let scale = sign * sigma.squareRoot()
            blocks.append(
                places.weight,
                .product(
                    output: scale * Matrix(rows: outputs, columns: outputs, x),
                    input: scale * Matrix(rows: inputs, columns: inputs, y)))
            if let bias {
                blocks.append(
                    places.bias,
                    .product(output: Matrix(rows: outputs, columns: outputs, run[bias]), input: one))
            }
        }
        return blocks
    }
}

extension Matrix {
    static func diagonal(_ values: [Double]) -> Matrix {
        var matrix = Matrix(rows: values.count, columns: values.count)
        for (i, value) in values.enumerated() { matrix[i, i] = value }
        return matrix
    }
    var trace: Double { (0..<rows).reduce(0) { $0 + self[$1, $1] } }
    var squaredNorm: Double { values.reduce(0) { $0 + $1 * $1 } }

    /// Orthonormal eigenvectors of a symmetric matrix as columns, by cyclic Jacobi rotations.
    var symmetricEigenvectors: Matrix { jacobi().vectors }

    private func jacobi() -> (values: [Double], vectors: Matrix) {
        var (a, q) = (self, Matrix.identity(rows))
        let scale = squaredNorm
        for _ in 0..<60 {
            var off = 0.0
            for i in 0..<rows { for j in 0..<i { off += a[i, j] * a[i, j] } }
            if off <= 1e-32 * scale { break }
            for p in 0..<rows {
                for r in (p + 1)..<max(rows, p + 1) where a[p, r] != 0 {
                    let angle = (a[r, r] - a[p, p]) / (2 * a[p, r])
                    let t = (angle < 0 ? -1 : 1) / (abs(angle) + (angle * angle + 1).squareRoot())
                    let c = 1 / (t * t + 1).squareRoot()
                    let s = t * c
                    for k in 0..<rows {
                        let (x, y) = (a[k, p], a[k, r])
                        (a[k, p], a[k, r]) = (c * x - s * y, s * x + c * y)
                        let (u, v) = (q[k, p], q[k, r])
                        (q[k, p], q[k, r]) = (c * u - s * v, s * u + c * v)
                    }
                    for k in 0..<rows {
                        let (x, y) = (a[p, k], a[r, k])
                        (a[p, k], a[r, k]) = (c * x - s * y, s * x + c * y)
                    }
                }
            }
        }
        return ((0..<rows).map { a[$0, $0] }, q)
    }

    /// The largest singular value with its vectors, by way of the smaller of A A^T and A^T A.
    var topSingularTriple: (sigma: Double, left: [Double], right: [Double]) {
        let isWide = rows <= columns
        let (values, vectors) = (isWide ? self * transposed : transposed * self).jacobi()
        let best = values.indices.max { values[$0] < values[$1] }!
        let own = vectors.column(best)
        let other = isWide ? transposed * own : self * own
        let sigma = other.reduce(0) { $0 + $1 * $1 }.squareRoot()
        let scaled = sigma == 0 ? other : other.map { $0 / sigma }
        return isWide ? (sigma, own, scaled) : (sigma, scaled, own)
    }
}
