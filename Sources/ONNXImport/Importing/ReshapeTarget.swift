import TensorIR

/// The shape that a Reshape asks for, given as integers: 0 copies a size, -1 follows from the others.
///
/// A reshape keeps examples apart if as many elements lie outside and inside the example axis afterwards as before.
/// That settles where B goes in the result, in a target that names it, in one that leaves it to -1, and in one into
/// which an exporter wrote the size of a fixed batch.
struct ReshapeTarget {
    private enum Size: Equatable {
        case number(Int)
        /// A multiple of B.
        case examples(Int)
        case inferred

        var number: Int? { if case .number(let number) = self { number } else { nil } }
        var isSymbolic: Bool { if case .examples = self { true } else { false } }
    }
    private var sizes: [Size]
    private let from: Shape
    private let fixedBatch: Int?
    private let text: String

    /// - Parameter allowZero: A 0 is a size of zero, and not a copy.
    init(_ target: [Extent], of from: Shape, allowZero: Bool, fixedBatch: Int?) throws {
        (self.from, self.fixedBatch, text) = (
            from, fixedBatch, "(\(target.map(\.description).joined(separator: ", ")))"
        )
        sizes = []
        for (axis, extent) in target.enumerated() {
            if extent == 0, !allowZero {
                guard axis < from.rank else {
                    throw GraphError(.invalid, "\(text) copies axis \(axis), which \(from) lacks")
                }
                sizes.append(from[axis].number.map { .number($0) } ?? .examples(from[axis].factor))
            } else if extent == -1 {
                guard !sizes.contains(.inferred) else { throw GraphError(.invalid, "\(text) leaves two sizes open") }
                sizes.append(.inferred)
            } else if let number = extent.number {
                guard number >= 0, number < 1 << 31 else {
                    throw GraphError(.invalid, "\(text) has the size \(number)")
                }
                sizes.append(.number(number))
            } else {
                guard extent.constant == 0, extent.examples > 0, extent.examples < 1 << 31 else {
                    throw GraphError(.examplesMeet, "a size is \(extent)")
                }
                sizes.append(.examples(extent.examples))
            }
        }
    }

    func resolve() throws -> Shape {
        guard let axis = from.exampleAxis else { return try Shape(plain(sizes, count: from.factor, batch: fixedBatch)) }
        let outside = from.dimensions[..<axis].reduce(from[axis].outer) { $0 * $1.inner }
        let inside = from.dimensions[(axis + 1)...].reduce(from[axis].inner) { $0 * $1.inner }
        // A 1 in the target of a model that was exported for one example is B rather than what -1 is left with.
        let mayHideBatch = fixedBatch == 1 && sizes.contains(.number(1)) && !sizes.contains { $0.isSymbolic }
        if mayHideBatch, let shape = try withFixedBatch(outside, inside, axis) { return shape }
        if let shape = withExamples(outside, inside) { return shape }
        if let shape = try withFixedBatch(outside, inside, axis) { return shape }
        throw GraphError(.examplesMeet, "\(from) to \(text) does not keep the examples apart")
    }

    /// All sizes as numbers, where B is `batch`.
    private func plain(_ sizes: [Size], count: Int, batch: Int?) throws -> [Int] {
        let mismatch = GraphError(.invalid, "\(from) does not have as many elements as \(text)")
        var known = 1
        for size in sizes where size != .inferred {
            guard let number = size.number ?? batch.flatMap({ number(size, batch: $0) }) else {
                throw GraphError(.examplesMeet, "\(from) to \(text): only one of them runs over the examples")
            }
            let (product, overflow) = known.multipliedReportingOverflow(by: number)
            if overflow { throw mismatch }
            known = product
        }
        if sizes.contains(.inferred) {
            guard known > 0, count % known == 0 else { throw mismatch }
        } else if known != count {
            throw mismatch
        }
        return sizes.map { $0 == .inferred ? count / known : $0.number ?? number($0, batch: batch!)! }
    }
    private func number(_ size: Size, batch: Int) -> Int? {
        guard case .examples(let factor) = size else { return size.number }
        let (product, overflow) = factor.multipliedReportingOverflow(by: batch)
        return overflow ? nil : product
    }

    /// The result where the target names B once, or leaves it to -1.
    private func withExamples(_ outside: Int, _ inside: Int) -> Shape? {
        let symbolic = sizes.indices.filter { sizes[$0].number == nil && sizes[$0] != .inferred }
        let open = sizes.firstIndex(of: .inferred)
        guard symbolic.count <= 1, let at = symbolic.first ?? open else { return nil }
        var numbers = sizes.map { $0.number ?? 1 }
        if case .examples(let factor) = sizes[at] {
            // What B's own axis holds besides B is known, so -1 is a number.
            let known = product(numbers)
            guard let known, factor > 0, known > 0, open != nil || (outside * inside) / factor == known else {
                return nil
            }
            if let open {
                guard (outside * inside) % factor == 0, (outside * inside / factor) % known == 0 else { return nil }
                numbers[open] = outside * inside / factor / known
            }
        }
        guard let (outer, inner) = split(numbers, at, outside, inside) else { return nil }
        if case .examples(let factor) = sizes[at], outer * inner != factor { return nil }
        return shape(numbers, at, outer, inner)
    }

    /// The result where one size holds the batch that the exporter fixed.
    private func withFixedBatch(_ outside: Int, _ inside: Int, _ axis: Int) throws -> Shape? {
        guard let batch = fixedBatch, batch > 0 else { return nil }
        guard let numbers = try? plain(sizes, count: outside * batch * inside, batch: batch) else { return nil }
        let fitting = numbers.indices.filter { at in
            split(numbers, at, outside, inside).map { $0.outer * batch * $0.inner == numbers[at] } ?? false
        }
        // With a batch of 1 several axes would do. One of its own suits B best; the last holds features more often
        // than not.
        func cost(_ at: Int) -> (Int, Int, Int) {
            let own = split(numbers, at, outside, inside)! == (1, 1)
            return (own ? 0 : 1, !own && at == numbers.count - 1 ? 1 : 0, at == axis ? -1 : at)
        }
        guard let at = fitting.min(by: { cost($0) < cost($1) }),
            let (outer, inner) = split(numbers, at, outside, inside)
        else {
            return nil
        }
        return shape(numbers, at, outer, inner)
    }

    /// What lies outside and inside B in the axis `at`, if the axes before and after it leave whole numbers.
    private func split(_ numbers: [Int], _ at: Int, _ outside: Int, _ inside: Int) -> (outer: Int, inner: Int)? {
        guard let before = product(numbers[..<at]), let after = product(numbers[(at + 1)...]), before > 0, after > 0,
            outside % before == 0, inside % after == 0
        else { return nil }
        return (outside / before, inside / after)
    }
    private func product(_ numbers: some Sequence<Int>) -> Int? {
        var product = 1
        for number in numbers {
            let (next, overflow) = product.multipliedReportingOverflow(by: number)
            if overflow { return nil }
            product = next
        }
        return product
    }
    private func shape(_ numbers: [Int], _ at: Int, _ outer: Int, _ inner: Int) -> Shape {
        Shape(numbers.indices.map { $0 == at ? Dimension(outer: outer, examplesTimes: inner) : Dimension(numbers[$0]) })
    }
}
