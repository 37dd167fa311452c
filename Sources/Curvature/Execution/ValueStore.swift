import Kernels

/// The plan's values in memory: vectors, blocks and outputs in the run's precision, scalars in float64.
final class ValueStore {
    private let memory: Memory
    private let operands: [Value: Operand]
    /// Standard errors and residual norms of what iterations give, in float64.
    private let errors: [Value: Operand]

    init(_ plan: Plan) {
        let stored = plan.stored
        let width = plan.options.precision.storage.byteCount
        let kinds = stored.map { plan.operators.kind($0) }
        let isWide = stored.map { plan.operators.kind($0) == .scalar || plan.operators[$0].isWide }
        let sizes = zip(kinds, isWide).map { kind, isWide in
            let bytes = kind.shape.reduce(isWide ? 8 : width, *)
            return (bytes + 63) / 64 * 64
        }
        let erring = stored.compactMap { value in plan.operators.errorKind(of: value).map { (value, $0) } }
        memory = Memory(
            byteCount: erring.reduce(sizes.reduce(0, +)) { $0 + ($1.1.shape.reduce(8, *) + 63) / 64 * 64 })
        var address = memory.address
        var operands: [Value: Operand] = [:]
        for (index, value) in stored.enumerated() {
            let storage = isWide[index] ? .float64 : plan.options.precision.storage
            operands[value] = Operand(address: address, storage: storage, sizes: kinds[index].shape)
            address += sizes[index]
        }
        self.operands = operands
        var errors: [Value: Operand] = [:]
        for (value, kind) in erring {
            errors[value] = Operand(address: address, storage: .float64, sizes: kind.shape)
            address += (kind.shape.reduce(8, *) + 63) / 64 * 64
        }
        self.errors = errors
    }

    func errors(of value: Value) -> Operand? { errors[value] }

    subscript(value: Value) -> Operand { operands[value]! }

    /// Reads the user's tensors.
    func load(_ plan: Plan) throws {
        for value in plan.tensors {
            if case .kronecker(.loaded(let part, let options), _) = plan.operators[value] {
                try plan.options.factors!.read(
                    part, options, plan.operators.layouts[options]!, names: plan.problem.parameters.map(\.name),
                    into: self[value])
            }
            guard case .tensor(let name) = plan.operators[value] else { continue }
            try plan.problem.vectors.read(name, from: 0, into: self[value])
            if let index = self[value].firstNonFinite {
                throw ProblemError(
                    .notFinite,
                    "\(plan.problem.vectors.origin): \(OneLine.quotedName(name)) has a value that is not finite at element \(index)"
                )
            }
        }
    }
}

extension ValueStore {
    /// The error of a sum whose terms err independently: the root of the sum of squares.
    func error(_ terms: [(factor: Double, value: Value)]) -> (shape: [Int], entries: [Double]) {
        let operands = terms.map { errors(of: $0.value)! }
        guard terms.count > 1 || terms[0].factor != 1 else { return (operands[0].sizes, operands[0].doubles) }
        var squares = [Double](repeating: 0, count: operands[0].count)
        for (term, operand) in zip(terms, operands) {
            for (index, error) in operand.doubles.enumerated() {
                squares[index] += (term.factor * error) * (term.factor * error)
            }
        }
        return (operands[0].sizes, squares.map { $0.squareRoot() })
    }
}
