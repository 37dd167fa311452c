import TensorIR

extension Plan.Step {
    package var programs: [ProgramPlan] {
        switch work {
        case .dataPass(let pass): pass.programs
        case .algebra(let algebra): [algebra.program]
        case .iteration: []
        }
    }

    /// This step, or the steps inside it and theirs.
    package var leafSteps: [Plan.Step] {
        guard case .iteration(let iteration) = work else { return [self] }
        return iteration.bodies.flatMap { $0.flatMap(\.leafSteps) }
    }

    /// The plan's values that it reads.
    package var reads: Set<Value> {
        switch work {
        case .dataPass(let pass):
            var reads: Set<Value> = []
            for program in pass.programs {
                for leaf in program.schedule.leaves {
                    guard let role = (pass.pass.graph.primitive(leaf) as? InputLeaf)?.role else { continue }
                    if let slot = role.slot { reads.insert(pass.pass.slots[slot]) }
                    if case .value(let index) = role { reads.insert(Value(index: index)) }
                }
            }
            return reads
        case .algebra(let algebra):
            return Set(
                algebra.program.schedule.leaves.compactMap { leaf in
                    guard case .value(let index)? = (algebra.step.graph.primitive(leaf) as? InputLeaf)?.role else {
                        return nil
                    }
                    return Value(index: index)
                })
        case .iteration(let iteration):
            return Set(iteration.iteration.arguments).union(iteration.bodies.joined().flatMap(\.reads))
        }
    }
}
