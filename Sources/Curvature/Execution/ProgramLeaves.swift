import Kernels
import TensorIR

/// What a program's leaves are bound to.
struct ProgramLeaves {
    private let plan: Plan
    private let schedule: Schedule
    private let constants: ConstantStore

    init(_ plan: Plan, _ schedule: Schedule) {
        (self.plan, self.schedule) = (plan, schedule)
        constants = ConstantStore(schedule, plan.options.precision)
    }

    /// Where leaves outside the arena, and results that are written in place, lie.
    func external(
        _ program: ProgramPlan, slots: [Value], parameters: ParameterStore, values: ValueStore
    ) -> [Schedule.Buffer: Operand] {
        var external = constants.operands
        for leaf in schedule.leaves where schedule.isExternal(leaf) && !schedule.kept.contains(leaf) {
            guard let input = schedule.graph.primitive(leaf) as? InputLeaf else { continue }
            switch input.role {
            case .parameter(let index): external[.value(leaf)] = parameters[index]
            case .value(let index): external[.value(leaf)] = values[Value(index: index)]
            case .vector(let slot, let parameter, _):
                external[.value(leaf)] = plan.piece(parameter, of: values[slots[slot]])
            default: break
            }
        }
        for (buffer, placement) in program.placements {
            let sizes = schedule.graph.shape(buffer.node).sizes(examples: 0)
            external[buffer] = values[placement.value].slice(from: placement.start, sizes: sizes)
        }
        return external
    }

    /// Reads what stays the same from run to run: loss options, and the loss's divisor.
    func read(divisor: Double) throws {
        for leaf in schedule.leaves where !schedule.kept.contains(leaf) {
            guard let input = schedule.graph.primitive(leaf) as? InputLeaf, case .auxiliary(let name) = input.role
            else { continue }
            let operand = constants.operands[.value(leaf)]!
            switch name {
            case "divisor": operand.fill([divisor])
            case "inverse divisor": operand.fill([1 / divisor])
            default: try plan.problem.vectors.read(name, from: 0, into: operand)
            }
        }
    }

    /// Reads a batch.
    func read(_ problem: Problem, examples: Int, first: Int, into program: ProgramExecution) throws {
        for leaf in schedule.leaves where !schedule.kept.contains(leaf) {
            guard let input = schedule.graph.primitive(leaf) as? InputLeaf else { continue }
            switch input.role {
            case .data, .exampleWeights:
                let operand = program.operand(leaf, examples: examples)
                try problem.read(input.role, from: first * (operand.count / examples), into: operand)
            default: break
            }
        }
    }
}

extension Problem {
    /// Rows of a tensor that goes along with the examples.
    fileprivate func read(_ role: InputLeaf.Role, from start: Int, into operand: Operand) throws {
        switch role {
        case .data("targets"): try data.read("targets", from: start, into: operand)
        case .data(let name):
            let input = model.inputs.first { $0.name == name }!
            try data.read(dataName(of: input), from: start, into: operand)
        case .exampleWeights(let name): try vectors.read(name, from: start, into: operand)
        default: break
        }
    }
}
