/// Vectors that the user brings.
extension Problem {
    /// A vector with these entries: D of them in parameter space, N*T*C in output space.
    ///
    /// - Parameters:
    ///   - entries: In the order of the space.
    ///   - name: for explain and messages; else one that follows from the entries, so that equal vectors are one.
    public func vector(_ entries: some Sequence<some BinaryFloatingPoint>, name: String? = nil) -> Vector {
        let values = entries.map { Double($0) }
        return supplied(SuppliedTensor(shape: [values.count], content: .values(values)), name)
    }
    /// A block (n, k) with these entries, row-major.
    ///
    /// - Throws: ``ProblemError`` if they do not make up rows of k entries.
    public func block(
        _ entries: some Sequence<some BinaryFloatingPoint>, columns: Int, name: String? = nil
    ) throws -> Block {
        let values = entries.map { Double($0) }
        guard columns > 0, values.count % columns == 0 else {
            throw ProblemError(
                .expression, "a block: expected entries for rows of \(columns) columns, found \(values.count)")
        }
        return supplied(SuppliedTensor(shape: [values.count / columns, columns], content: .values(values)), name)
    }

    /// A vector of independent standard normal entries: functions of the seed and the place alone, drawn when the plan runs.
    ///
    /// - Parameters:
    ///   - seed: Equal seeds give equal vectors.
    ///   - count: D, the parameter space's, unless said.
    public func randomVector(seed: UInt64, count: Int? = nil) -> Vector {
        let count = count ?? shape.parameters
        return supplied(SuppliedTensor(shape: [count], content: .normal(seed: seed)), "random(\(count), seed=\(seed))")
    }
    /// A block of independent standard normal entries.
    ///
    /// - Parameters:
    ///   - columns: k, the vectors side by side.
    ///   - seed: Equal seeds give equal blocks.
    ///   - count: of rows: D unless said.
    public func randomBlock(columns: Int, seed: UInt64, count: Int? = nil) -> Block {
        let count = count ?? shape.parameters
        return supplied(
            SuppliedTensor(shape: [count, columns], content: .normal(seed: seed)),
            "random(\(count), \(columns), seed=\(seed))")
    }

    /// The vector of this name among the problem's `vectors`.
    ///
    /// - Throws: ``ProblemError`` if there is none, or if it has another number of axes than one.
    public func vector(named name: String) throws -> Vector {
        Vector(lazy: try tensor(named: name, axes: 1, "a vector (n)"))
    }
    /// The block of this name among the problem's `vectors`.
    ///
    /// - Throws: ``ProblemError`` if there is none, or if it has another number of axes than two.
    public func block(named name: String) throws -> Block {
        Block(lazy: try tensor(named: name, axes: 2, "a block (n, k)"))
    }

    private func supplied<Kind: TypedExpression>(_ tensor: SuppliedTensor, _ name: String?) -> Kind {
        Kind(lazy: LazyExpression(tensor: name ?? tensor.contentName, tensor, problem: self))
    }
    private func tensor(named name: String, axes: Int, _ expected: String) throws -> LazyExpression {
        guard let tensor = vectors.tensors[name] else {
            throw ProblemError(
                .expression,
                "\(vectors.origin): expected \(expected) called \(OneLine.quoted(name)), found none"
                    + NearestName.suggestion(for: name, in: vectors.tensors.keys.sorted()))
        }
        guard tensor.shape.count == axes else {
            throw ProblemError(
                .expression,
                "\(vectors.origin): expected \(expected), but \(OneLine.quoted(name)) has shape \(tensor.shape)")
        }
        return LazyExpression(self) { () throws(KindError) in try .tensor(name, shape: tensor.shape) }
    }
}
