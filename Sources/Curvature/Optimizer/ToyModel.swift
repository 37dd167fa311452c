import Glibc
import Kernels

/// A network so small that all its operators are matrices of a few rows: what quantities mean, evaluated by the book. Sizes are cut to
/// a handful of entries, and leaves and tensors are random numbers that depend on their names alone.
struct ToyModel {
    struct Matrix {
        var rows: Int
        var columns: Int
        var entries: [Double]

        subscript(row: Int, column: Int) -> Double {
            get { entries[row * columns + column] }
            set { entries[row * columns + column] = newValue }
        }

        init(_ rows: Int, _ columns: Int, _ entry: (Int, Int) -> Double) {
            (self.rows, self.columns) = (rows, columns)
            entries = (0..<rows * columns).map { columns == 0 ? 0 : entry($0 / columns, $0 % columns) }
        }
        init(_ scalar: Double) { self.init(1, 1) { _, _ in scalar } }

        func map(_ transform: (Double) -> Double) -> Matrix {
            Matrix(rows, columns) { transform(self[$0, $1]) }
        }
        static func + (a: Matrix, b: Matrix) -> Matrix { Matrix(a.rows, a.columns) { a[$0, $1] + b[$0, $1] } }
        static func * (factor: Double, a: Matrix) -> Matrix { a.map { factor * $0 } }
        static func * (a: Matrix, b: Matrix) -> Matrix {
            Matrix(a.rows, b.columns) { row, column in
                (0..<a.columns).reduce(0) { $0 + a[row, $1] * b[$1, column] }
            }
        }
        var transposed: Matrix { Matrix(columns, rows) { self[$1, $0] } }
        var norm: Double { entries.reduce(0) { $0 + $1 * $1 }.squareRoot() }

        /// Equal but for rounding. What is not finite says nothing.
        func isNear(_ other: Matrix) -> Bool {
            guard rows == other.rows, columns == other.columns else { return false }
            let difference = (self + (-1) * other).norm
            return difference.isNaN || difference.isInfinite || difference <= 1e-5 * (1 + other.norm)
        }
    }

    private let graph: OperatorGraph
    private var known: [Value: Matrix] = [:]

    static func values(of roots: [Value], in graph: OperatorGraph) -> [Matrix] {
        var model = ToyModel(graph: graph)
        return roots.map { model.value($0) }
    }

    private init(graph: OperatorGraph) { self.graph = graph }

    /// Entries that a size is cut to; different for parameters and outputs where these are large enough.
    private func size(_ entries: Int) -> Int {
        min(entries, entries == graph.shape.parameters ? 5 : entries == graph.shape.outputEntries ? 4 : 3)
    }
    private var parameters: Int { size(graph.shape.parameters) }
    private var outputs: Int { size(graph.shape.outputEntries) }

    private func random(_ name: String, _ rows: Int, _ columns: Int) -> Matrix {
        var seed: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in name.utf8 { seed = (seed ^ UInt64(byte)) &* 0x100_0000_01B3 }
        let philox = Philox(seed: seed)
        return Matrix(rows, columns) { 2 * philox.uniform(example: $0, component: $1) - 1 }
    }
    private func symmetric(_ name: String) -> Matrix {
        let half = random(name, parameters, parameters)
        return half + half.transposed
    }
    private func positive(_ name: String) -> Matrix {
        let root = random(name, parameters, parameters)
        return root * root.transposed
    }
    private func ggn(_ sampling: Sampling?) -> Matrix {
        positive("ggn \(sampling.map { "\($0.samples) \($0.seed)" } ?? "")")
    }
    private func leaf(_ name: String, _ kind: Kind) -> Matrix {
        switch kind {
        case .scalar: random(name, 1, 1)
        case .block(let entries, let columns): random(name, size(entries), columns)
        default: random(name, size(kind.shape.reduce(1, *)), 1)
        }
    }

    private mutating func value(_ value: Value) -> Matrix {
        if let matrix = known[value] { return matrix }
        let matrix = compute(value)
        known[value] = matrix
        return matrix
    }

    private mutating func compute(_ value: Value) -> Matrix {
        let kind = graph.kind(value)
        switch graph[value] {
        case .number(let number): return Matrix(number)
        case .tensor(let name): return leaf(name, kind)
        case .loss: return leaf("loss ", kind)
        case .prediction: return leaf("prediction ", kind)
        case .ones(let entries): return Matrix(size(entries), 1) { _, _ in 1 }
        case .curvatureDiagonal(let curvature):
            let matrix =
                switch curvature {
                case .ggn(let sampling): ggn(sampling)
                case .empiricalFisher: positive("empirical ")
                }
            return Matrix(parameters, 1) { row, _ in matrix[row, row] }
        case .rootProduct(let root, let x):
            return random(root.text, size(kind.shape[0]), parameters) * self.value(x)
        case .rootPullback(let root, let x):
            let x = self.value(x)
            return random(root.text, x.rows, parameters).transposed * x
        case .exampleFactors, .outputKernel: return leaf(graph.text(value), kind)
        case .kronecker(.product(let product), let operands):
            return positive("kronecker \(product)") * self.value(operands.last!)
        case .kronecker(let step, _): return leaf("\(step)", kind)
        case .hole: preconditionFailure("a hole has the value that an iteration gives it")
        case .pullback(let terms), .weighedGradient(let terms): return sum(terms)
        case .jacobianProduct(let x): return random("jacobian ", outputs, parameters) * self.value(x)
        case .combination(let terms, _):
            var sum: Matrix?
            for term in terms {
                var part = term.factor * self.value(term.value)
                if let scalar = term.scalar { part = self.value(scalar).entries[0] * part }
                sum = sum.map { $0 + part } ?? part
            }
            return sum ?? 0 * leaf("zero ", kind)
        case .scalarProduct(let a, let b): return self.value(a) * self.value(b)
        case .reciprocal(let a): return self.value(a).map { 1 / $0 }
        case .diagonalProduct(let d, let x):
            let (d, x) = (self.value(d), self.value(x))
            return Matrix(x.rows, x.columns) { d[$0, 0] * x[$0, $1] }
        case .denseProduct(let matrix, let isTransposed, let x):
            // The columns of a matrix that is applied are cut like any other size.
            let (whole, x) = (self.value(matrix), self.value(x))
            let matrix = Matrix(whole.rows, size(whole.columns)) { whole[$0, $1] }
            return (isTransposed ? matrix.transposed : matrix) * x
        case .norm(let x): return Matrix(self.value(x).norm)
        case .dot(let a, let b): return self.value(a).transposed * self.value(b)
        case .columns(let parts):
            let parts = parts.map { self.value($0) }
            let columns = parts.flatMap { part in (0..<part.columns).map { (part, $0) } }
            return Matrix(parts[0].rows, columns.count) { row, column in columns[column].0[row, columns[column].1] }
        case .columnRange(let x, let start):
            let x = self.value(x)
            return Matrix(x.rows, kind.columns ?? 1) { x[$0, $1 + start] }
        case .iteration(let iteration):
            switch iteration.task {
            case .solve: return solution(matrix(of: iteration.maps[0]), self.value(iteration.arguments[0]))
            case .dense(.solve):
                let whole = self.value(iteration.arguments[0])
                let square = Matrix(whole.rows, whole.rows) { whole[$0, $1] }
                return solution(square, self.value(iteration.arguments[2]))
            case .nearestKronecker: return image("nearest", [matrix(of: iteration.maps[0])], kind)
            case .dense(.factorize): return self.value(iteration.arguments[0])
            case .dense(.logdet): return image("logdet", [self.value(iteration.arguments[0])], kind)
            case .function(.materialize): return matrix(of: iteration.maps[0])
            case .function(.trace):
                let matrix = matrix(of: iteration.maps[0])
                return Matrix((0..<matrix.rows).reduce(0) { $0 + matrix[$1, $1] })
            case .function, .eigenpairs:
                return image("\(iteration.task)", [matrix(of: iteration.maps[0])], kind)
            }
        case .elementary(let function, let operands):
            let values = operands.map { self.value($0) }
            guard function.isLinear else { return image("\(function)", values, kind) }
            // Any linear map will do, the same for the same function.
            let rest = values.dropLast().map { image("\(function)", [$0], .scalar).entries[0] }
            let map = random("\(function)\(kind.shape[0])", size(kind.shape[0]), values.last!.rows)
            let product = rest.reduce(1, *) * (map * values.last!)
            guard case .vector = kind, product.columns > 1 else { return product }
            return Matrix(product.rows, 1) { row, _ in (0..<product.columns).reduce(0) { $0 + product[row, $1] } }
        }
    }

    /// A smooth function of the entries, the same for the same name: what stands for functions that have no meaning at these sizes.
    private func image(_ name: String, _ operands: [Matrix], _ kind: Kind) -> Matrix {
        var sum = 0.0
        for (place, operand) in operands.enumerated() {
            for (index, entry) in operand.entries.enumerated() { sum += sin(entry + Double(index + 7 * place)) }
        }
        return sum * leaf(name, kind)
    }

    private mutating func sum(_ terms: [PullbackTerm]) -> Matrix {
        var sum: Matrix?
        for term in terms {
            let part: Matrix =
                switch term.source {
                case .gradient: random("gradient ", parameters, 1)
                case .hessian(let x): symmetric("hessian ") * value(x)
                case .ggn(let x, let sampling):
                    ggn(sampling) * value(x)
                case .empiricalFisher(let x): positive("empirical ") * value(x)
                case .jacobianTranspose(let x), .jacobianChain(let x):
                    random("jacobian ", outputs, parameters).transposed * value(x)
                }
            let scaled = term.factor * part
            sum = sum.map { $0 + scaled } ?? scaled
        }
        return sum ?? Matrix(parameters, 1) { _, _ in 0 }
    }

    /// An operator as a matrix: its products with unit vectors.
    private mutating func matrix(of map: Iteration.Map) -> Matrix {
        var inner = self
        let entries = size(graph.kind(map.hole).shape[0])
        inner.known[map.hole] = Matrix(entries, entries) { $0 == $1 ? 1 : 0 }
        let matrix = inner.value(map.body)
        // An operator that does not depend on its hole is zero.
        return matrix.columns == entries ? matrix : Matrix(entries, entries) { _, _ in 0 }
    }

    /// Gaussian elimination with pivots.
    private func solution(_ matrix: Matrix, _ right: Matrix) -> Matrix {
        var (a, b) = (matrix, right)
        for column in 0..<a.columns {
            let pivot = (column..<a.rows).max { abs(a[$0, column]) < abs(a[$1, column]) }!
            for index in 0..<a.columns { (a[column, index], a[pivot, index]) = (a[pivot, index], a[column, index]) }
            for index in 0..<b.columns { (b[column, index], b[pivot, index]) = (b[pivot, index], b[column, index]) }
            for row in 0..<a.rows where row != column {
                let factor = a[row, column] / a[column, column]
                for index in column..<a.columns { a[row, index] -= factor * a[column, index] }
                for index in 0..<b.columns { b[row, index] -= factor * b[column, index] }
            }
        }
        return Matrix(b.rows, b.columns) { b[$0, $1] / a[$0, $0] }
    }
}
