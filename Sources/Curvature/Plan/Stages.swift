/// Which values are computed when: a data pass can compute everything whose vectors are there before it, so that the number of
/// passes is the depth of the dependency and not the number of requests.
struct Stages {
    enum Work {
        /// One pass over the data for all of them.
        case pass
        case algebra
        /// The plans of the iteration's operators, in its order.
        case iteration([Stages])
    }
    /// In order of running.
    private(set) var stages: [(work: Work, values: [Value])] = []
    private(set) var tensors: [Value] = []
    let roots: [Value]
    /// What is there before: what an operator inside an iteration is made of, and its hole.
    let known: Set<Value>

    init(_ operators: OperatorGraph, roots: [Value], isNaive: Bool) {
        let analysis = HoleAnalysis(operators, roots: roots)
        self.init(operators, analysis, roots: roots, known: [], isNaive: isNaive)
    }

    private init(
        _ operators: OperatorGraph, _ analysis: HoleAnalysis, roots: [Value], known: Set<Value>, isNaive: Bool
    ) {
        (self.roots, self.known) = (roots, known)
        let order = roots.operandsFirst { known.contains($0) ? [] : analysis.needs(of: $0) }
        var levels: [Value: Int] = [:]
        var users: [Value: [Value]] = [:]
        for value in order {
            levels[value] = Stages.level(value, levels, operators, analysis, known)
            guard !known.contains(value) else { continue }
            for operand in analysis.needs(of: value) { users[operand, default: []].append(value) }
        }
        let needed = Stages.needed(operators, analysis, order, roots: roots, known: known)
        let computed = Dictionary(grouping: order.filter { needed.contains($0) && !known.contains($0) }) { levels[$0]! }
        for (level, here) in computed.sorted(by: { $0.key < $1.key }) {
            let passValues = here.filter { operators[$0].needsPass }
            if isNaive {
                for value in passValues { stages.append((.pass, [value])) }
            } else if !passValues.isEmpty {
                stages.append((.pass, passValues))
            }
            for value in here {
                guard case .iteration(let iteration) = operators[value] else { continue }
                let there = Set(analysis.needs(of: value)).subtracting(iteration.arguments)
                let bodies = iteration.maps.map { map in
                    let inside = there.union(iteration.arguments).union([map.hole])
                    return Stages(operators, analysis, roots: [map.body], known: inside, isNaive: isNaive)
                }
                stages.append((.iteration(bodies), [value]))
            }
            tensors += here.filter { operators[$0].isSupplied }
            let algebra = here.filter { value in
                guard operators[value].isAlgebra else { return false }
                // Arithmetic used within its own level only is part of the step that uses it. Factors and their decompositions can be saved.
                return roots.contains(value) || operators[value].isPacked
                    || users[value, default: []].contains { !operators[$0].isAlgebra || levels[$0] != level }
            }
            if !algebra.isEmpty { stages.append((.algebra, algebra)) }
        }
    }

    private static func level(
        _ value: Value, _ levels: [Value: Int], _ operators: OperatorGraph, _ analysis: HoleAnalysis,
        _ known: Set<Value>
    ) -> Int {
        if known.contains(value) { return 0 }
        let quantity = operators[value]
        let level = operators.reads(of: value, analysis).map { levels[$0]! }.max() ?? 0
        if case .iteration = quantity { return level + 1 }
        return quantity.needsPass ? level + 1 : level
    }

    /// Values that somebody reads from memory. What only passes by in another value's pass is not.
    private static func needed(
        _ operators: OperatorGraph, _ analysis: HoleAnalysis, _ order: [Value], roots: [Value], known: Set<Value>
    ) -> Set<Value> {
        var needed = Set(roots)
        for value in order.reversed() where needed.contains(value) && !known.contains(value) {
            needed.formUnion(operators.reads(of: value, analysis))
        }
        return needed
    }

    // MARK: Lowering

    indirect enum Lowered {
        /// `chunks` as a pass plan has them.
        case dataPass(DataPass, values: [Value], chunks: [Range<Int>?])
        case algebra(AlgebraStep, values: [Value])
        case iteration(Iteration, value: Value, bodies: [[Lowered]])
    }

    /// - Parameters:
    ///   - network: Makes the lowering of the network for a pass: one for all passes, or one for each.
    ///   - mostColumns: What is wider is computed in several runs.
    func lower(_ operators: OperatorGraph, mostColumns: Int, network: () throws -> NetworkLowering) throws -> [Lowered]
    {
        var known = known.union(tensors)
        var lowered: [Lowered] = []
        for (work, values) in stages {
            switch work {
            case .pass:
                let (wide, narrow) = values.partitioned { (operators.kind($0).columns ?? 0) > mostColumns }
                if !narrow.isEmpty {
                    let pass = try PassLowering.lower(
                        narrow, operators, network(), known: known, mostColumns: mostColumns)
                    lowered.append(.dataPass(pass, values: narrow, chunks: [nil]))
                }
                for columns in Set(wide.compactMap { operators.kind($0).columns }).sorted() {
                    let group = wide.filter { operators.kind($0).columns == columns }
                    let pass = try PassLowering.lower(
                        group, operators, network(), known: known, mostColumns: mostColumns)
                    lowered.append(
                        .dataPass(pass, values: group, chunks: Stages.chunks(columns, most: mostColumns)))
                }
            case .algebra:
                lowered.append(.algebra(try AlgebraLowering.lower(values, known: known, operators), values: values))
            case .iteration(let bodies):
                guard case .iteration(let iteration) = operators[values[0]] else { preconditionFailure("no iteration") }
                let inner = try bodies.map { try $0.lower(operators, mostColumns: mostColumns, network: network) }
                lowered.append(.iteration(iteration, value: values[0], bodies: inner))
            }
            known.formUnion(values)
        }
        return lowered
    }

    /// As few runs as possible, all of one width: the last may compute a few columns again.
    static func chunks(_ columns: Int, most: Int) -> [Range<Int>?] {
        let width = width(columns, most: most)
        return stride(from: 0, to: columns, by: width).map { start in
            let end = min(start + width, columns)
            return end - width..<end
        }
    }

    /// The columns of a run, where at most `most` fit.
    static func width(_ columns: Int, most: Int) -> Int {
        let runs = (columns + most - 1) / most
        return (columns + runs - 1) / runs
    }

    /// The values that get memory, those inside iterations included.
    func stored(_ operators: OperatorGraph) -> [Value] {
        var stored: [Value] = []
        var seen: Set<Value> = []
        func add(_ values: [Value]) { for value in values where seen.insert(value).inserted { stored.append(value) } }
        func visit(_ stages: Stages) {
            add(stages.tensors)
            for (work, values) in stages.stages {
                add(values)
                guard case .iteration(let bodies) = work,
                    case .iteration(let iteration) = operators[values[0]]
                else { continue }
                add(iteration.maps.map(\.hole))
                for body in bodies { visit(body) }
            }
        }
        visit(self)
        return stored
    }
}

extension Array {
    /// Those that satisfy the predicate, and the others, in order.
    fileprivate func partitioned(_ predicate: (Element) -> Bool) -> ([Element], [Element]) {
        (filter(predicate), filter { !predicate($0) })
    }
}

extension Quantity {
    /// Factors, their decompositions and eigenvalues.
    fileprivate var isPacked: Bool {
        switch self {
        case .kronecker(.nearestFactors, _), .kronecker(.eigen, _), .kronecker(.averagedCorrections, _),
            .kronecker(.inverses, _):
            true
        default: false
        }
    }
    /// What the user brings.
    fileprivate var isSupplied: Bool {
        switch self {
        case .tensor, .kronecker(.loaded, _): true
        default: false
        }
    }
    /// Arithmetic on values that are there.
    var isAlgebra: Bool {
        switch self {
        case .tensor, .iteration, .hole, .kronecker(.loaded, _): false
        default: !needsPass
        }
    }
}

extension OperatorGraph {
    /// What is read from memory to compute a value.
    fileprivate func reads(of value: Value, _ analysis: HoleAnalysis) -> [Value] {
        guard case .pullback(let terms) = self[value] else { return analysis.needs(of: value) }
        return terms.flatMap { term -> [Value] in
            guard let x = term.argument else { return [] }
            if case .jacobianChain = term.source { return vectorsOfPassing(x) }
            return [x]
        }
    }

    /// Whether a value in output space is there, example by example, while the pass that needs it runs.
    func isComputedInPassing(_ value: Value) -> Bool {
        switch self[value] {
        case .jacobianProduct: true
        case .combination(let terms, _):
            terms.allSatisfy { $0.scalar == nil } && terms.contains { isComputedInPassing($0.value) }
        case .diagonalProduct(_, let x): isComputedInPassing(x)
        default: false
        }
    }

    /// The values in memory that such a value is made of.
    func vectorsOfPassing(_ value: Value) -> [Value] {
        guard isComputedInPassing(value) else { return [value] }
        switch self[value] {
        case .jacobianProduct(let x): return [x]
        case .combination(let terms, _): return terms.flatMap { vectorsOfPassing($0.value) }
        case .diagonalProduct(let d, let x): return [d] + vectorsOfPassing(x)
        default: return []
        }
    }
}
