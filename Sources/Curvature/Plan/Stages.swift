/// Which values are computed when: a data pass can compute everything whose vectors are there before it, so that the number of
/// passes is the depth of the dependency and not the number of requests.
struct Stages {
    enum Lowered {
        case dataPass(DataPass)
        case algebra(AlgebraStep)
    }
    /// In order of running: the values of a pass, or of an algebra step.
    private(set) var stages: [(isPass: Bool, values: [Value])] = []
    private(set) var tensors: [Value] = []
    /// Values that get memory: results of stages and the user's tensors.
    private(set) var stored: [Value] = []
    let roots: [Value]

    init(_ operators: OperatorGraph, roots: [Value], isNaive: Bool) {
        self.roots = roots
        let values = operators.reachable(from: roots)
        var levels: [Value: Int] = [:]
        for value in values {
            let quantity = operators[value]
            var level = quantity.operands.map { levels[$0]! }.max() ?? 0
            if case .pullback(let terms) = quantity, !isNaive {
                // A Jacobian product that is used as it passes by belongs to the same pass.
                level = terms.map { term in
                    guard let x = term.argument else { return 1 }
                    if case .jacobianTranspose = term.source, operators.isComputedInPassing(x) { return levels[x]! }
                    return levels[x]! + 1
                }.max()!
            } else if quantity.needsPass {
                level += 1
            }
            levels[value] = level
        }
        let needed = Stages.needed(operators, roots: roots, values: values, isNaive: isNaive)
        for level in 0...(levels.values.max() ?? 0) {
            let here = values.filter { levels[$0] == level && needed.contains($0) }
            let passValues = here.filter { operators[$0].needsPass }
            if isNaive {
                for value in passValues { stages.append((true, [value])) }
            } else if !passValues.isEmpty {
                stages.append((true, passValues))
            }
            tensors += here.filter { if case .tensor = operators[$0] { true } else { false } }
            let algebra = here.filter { value in
                if case .tensor = operators[value] { return false }
                guard !operators[value].needsPass else { return false }
                // Arithmetic used within its own level only is part of the step that uses it.
                return roots.contains(value)
                    || values.contains { user in
                        operators[user].operands.contains(value) && (operators[user].needsPass || levels[user] != level)
                    }
            }
            if !algebra.isEmpty { stages.append((false, algebra)) }
        }
        stored = tensors + stages.flatMap(\.values)
    }

    /// Values that somebody reads from memory. What only passes by in another value's pass is not.
    private static func needed(_ operators: OperatorGraph, roots: [Value], values: [Value], isNaive: Bool) -> Set<Value>
    {
        var needed = Set(roots)
        for value in values.reversed() where needed.contains(value) {
            if case .pullback(let terms) = operators[value], !isNaive {
                for term in terms {
                    guard let x = term.argument else { continue }
                    if case .jacobianTranspose = term.source, operators.isComputedInPassing(x) {
                        needed.formUnion(operators.vectorsOfPassing(x))
                    } else {
                        needed.insert(x)
                    }
                }
            } else {
                needed.formUnion(operators[value].operands)
            }
        }
        return needed
    }

    func lower(_ operators: OperatorGraph, _ problem: Problem) throws -> [Lowered] {
        var known = Set(tensors)
        return try stages.map { stage in
            defer { known.formUnion(stage.values) }
            return try stage.isPass
                ? .dataPass(PassLowering.lower(stage.values, operators, problem, known: known))
                : .algebra(AlgebraLowering.lower(stage.values, known: known, operators))
        }
    }
}

extension OperatorGraph {
    /// The vectors that Jacobian products which pass by are applied to.
    fileprivate func vectorsOfPassing(_ value: Value) -> [Value] {
        switch self[value] {
        case .jacobianProduct(let x): [x]
        case .combination(let terms, _): terms.flatMap { vectorsOfPassing($0.value) }
        default: []
        }
    }
}
