/// The requests of one call as a table of interned values: equal quantities are one value, however they were spelled.
package struct OperatorGraph: Sendable {
    package private(set) var quantities: [Quantity] = []
    package private(set) var kinds: [Kind] = []
    private var interned: [Quantity: Value] = [:]
    /// Texts by which operands of commutative operations are ordered, so that spellings of one value are one plan.
    private var sortKeys: [String] = []
    package let shape: ProblemShape

    /// Where the factors of each Kronecker-factored operator in the requests lie.
    package var layouts: [KroneckerOptions: FactorLayout] = [:]
    /// Where what KFOC's factors are worked out from lies.
    package var rearrangements: [KroneckerOptions: RearrangementLayout] = [:]
    /// What a file has of Kronecker-factored operators.
    package var loadedFactors: [KroneckerOptions: Set<FactorPart>] = [:]
    /// Within which eigenvalues of a factor count as equal, relative to its largest: a few roundings of the run's precision.
    package var eigenspaceTolerance = 16 * Double.ulpOfOne
    /// Of the selected parameters, in order.
    package var parameterShapes: [[Int]] = []
    /// For each selected parameter, whether the network gives its gradients example by example; nil where nothing asks.
    package var hasExampleGradients: [Bool]?
    /// What the rows of roots are made of; none for curvature whose kernel matrix nothing asks for, or that has none.
    package var exampleFactors: [OuterProductCurvature: ExampleFactorLayout] = [:]
    /// Whether inverses and determinants that leave their method open may go by the kernel matrix of outputs.
    package var choosesOutputSpace = true
    /// Whether one that left it open does.
    package var hasChosenOutputSpace = false
    /// Closed forms that were found and methods that were chosen while operators became values.
    package var choices: [Rewrite] = []
    /// Whether what the structure of an operator says about its trace and the like is made use of.
    package var usesClosedForms = true
    /// Values of products with sums, which may share summands.
    var products: [OperatorProduct: Value] = [:]
    /// Whether an example's prediction depends on other examples.
    package let examplesMeet: Bool

    package init(shape: ProblemShape, examplesMeet: Bool = false) {
        (self.shape, self.examplesMeet) = (shape, examplesMeet)
    }

    package subscript(value: Value) -> Quantity { quantities[value.index] }
    package func kind(_ value: Value) -> Kind { kinds[value.index] }

    package mutating func intern(_ quantity: Quantity, _ kind: Kind) -> Value {
        if let value = interned[quantity] { return value }
        let value = Value(index: quantities.count)
        quantities.append(quantity)
        kinds.append(kind)
        interned[quantity] = value
        sortKeys.append(text(value, depth: 4))
        return value
    }

    /// Two values in an order that does not depend on which was asked for first.
    package func ordered(_ a: Value, _ b: Value) -> (Value, Value) { precedes(b, a) ? (b, a) : (a, b) }
    private func precedes(_ a: Value, _ b: Value) -> Bool {
        (sortKeys[a.index], a.index) < (sortKeys[b.index], b.index)
    }

    /// The values that `roots` need, operands first.
    package func reachable(from roots: [Value]) -> [Value] { roots.operandsFirst { self[$0].operands } }

    // MARK: Canonical constructors

    /// A linear combination with nested ones opened, like terms added, and terms in an order of their own.
    package mutating func combination(_ terms: [CombinationTerm], _ kind: Kind) -> Value {
        var sums: [CombinationTerm] = []
        var positions: [CombinationTerm: Int] = [:]
        func add(_ term: CombinationTerm) {
            let key = CombinationTerm(factor: 1, scalar: term.scalar, value: term.value)
            if let position = positions[key] {
                sums[position].factor += term.factor
            } else {
                positions[key] = sums.count
                sums.append(term)
            }
        }
        for term in terms {
            if case .combination(let inner, _) = self[term.value] {
                for part in inner {
                    add(
                        CombinationTerm(
                            factor: term.factor * part.factor, scalar: product(term.scalar, part.scalar),
                            value: part.value))
                }
            } else {
                add(term)
            }
        }
        sums.removeAll { $0.factor == 0 && $0.scalar == nil }
        if sums.count == 1, sums[0].factor == 1, sums[0].scalar == nil { return sums[0].value }
        sums.sort { a, b in
            if a.value != b.value { return precedes(a.value, b.value) }
            guard let first = a.scalar, let second = b.scalar else { return a.scalar == nil && b.scalar != nil }
            return precedes(first, second)
        }
        return intern(.combination(sums, kind), kind)
    }

    package mutating func product(_ a: Value?, _ b: Value?) -> Value? {
        guard let a else { return b }
        guard let b else { return a }
        let (first, second) = ordered(a, b)
        return intern(.scalarProduct(first, second), .scalar)
    }

    /// `x` times a scalar value.
    package mutating func scaled(_ x: Value, by scalar: Value) -> Value {
        if case .number(let factor) = self[scalar] {
            return combination([CombinationTerm(factor: factor, scalar: nil, value: x)], kind(x))
        }
        if case .number(let factor) = self[x] {
            return combination([CombinationTerm(factor: factor, scalar: nil, value: scalar)], .scalar)
        }
        return combination([CombinationTerm(factor: 1, scalar: scalar, value: x)], kind(x))
    }

    package mutating func reciprocal(_ scalar: Value) -> Value {
        if case .number(let number) = self[scalar] { return intern(.number(1 / number), .scalar) }
        return intern(.reciprocal(scalar), .scalar)
    }
}
