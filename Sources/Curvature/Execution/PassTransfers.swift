import Kernels
import TensorIR

/// Copies between a pass and the plan's values. Blocks are (D, K) there and have K in front in programs; a run over the data may take some of
/// their columns only.
struct PassTransfers {
    private let pass: PassPlan
    private let plan: Plan
    private let values: ValueStore
    private var graph: TensorGraph { pass.pass.graph }

    init(_ pass: PassPlan, _ plan: Plan, _ values: ValueStore) {
        (self.pass, self.plan, self.values) = (pass, plan, values)
    }

    /// Before the first batch: pieces of blocks, turned so that columns lead.
    func blocksIn(_ program: ProgramExecution, _ columns: Range<Int>?) -> [any Kernel] {
        program.schedule.leaves.compactMap { leaf in
            guard case .vector(let slot, let parameter, true)? = (graph.primitive(leaf) as? InputLeaf)?.role else {
                return nil
            }
            let piece = plan.columnsLeading(plan.piece(parameter, of: values[pass.pass.slots[slot]]))
            return CopyKernel(from: piece.leading(columns), to: program.operand(leaf, examples: 0))
        }
    }

    /// Before each batch: its rows of vectors in output space.
    func examplesIn(_ program: ProgramExecution, _ columns: Range<Int>?, _ batches: [Int]) -> [Int: [any Kernel]] {
        var kernels: [Int: [any Kernel]] = [:]
        for examples in batches {
            kernels[examples] = program.schedule.leaves.compactMap { leaf in
                guard case .outputVector(let slot, let hasColumns)? = (graph.primitive(leaf) as? InputLeaf)?.role
                else { return nil }
                return ExampleTransferKernel(
                    batch: program.operand(leaf, examples: examples), whole: values[pass.pass.slots[slot]],
                    direction: .toBatch, columns: hasColumns ? graph.shape(leaf)[0].inner : 1, examples: examples,
                    firstColumn: hasColumns ? columns?.lowerBound ?? 0 : 0,
                    wholeColumns: hasColumns ? plan.operators.kind(pass.pass.slots[slot]).columns : 1)
            }
        }
        return kernels
    }

    /// After each batch: its rows of results.
    func examplesOut(_ program: ProgramExecution, _ columns: Range<Int>?, _ batches: [Int]) -> [Int: [any Kernel]] {
        var kernels: [Int: [any Kernel]] = [:]
        for examples in batches {
            kernels[examples] = []
            for result in pass.pass.results where result.form == .examples {
                let source = program.operand(result.nodes[0], examples: examples)
                let all = plan.operators.kind(result.value).columns
                let place = (
                    first: columns?.lowerBound ?? 0, count: all.map { columns?.count ?? $0 } ?? 1, all: all ?? 1
                )
                kernels[examples]! += rowsOut(source, values[result.value], place, examples)
            }
        }
        return kernels
    }

    private func rowsOut(
        _ source: Operand, _ whole: Operand, _ columns: (first: Int, count: Int, all: Int), _ examples: Int
    ) -> [any Kernel] {
        func transfer(_ batch: Operand) -> ExampleTransferKernel {
            ExampleTransferKernel(
                batch: batch, whole: whole, direction: .toWhole, columns: columns.count, examples: examples,
                firstColumn: columns.first, wholeColumns: columns.all)
        }
        if source.isContiguous { return [transfer(source)] }
        let dense = DenseCopy(of: source)
        return [dense, transfer(dense.copy)]
    }

    /// After the last batch: results that are not written in place.
    func resultsOut(_ program: ProgramExecution, _ columns: Range<Int>?) -> [any Kernel] {
        var kernels: [any Kernel] = []
        for result in pass.pass.results where result.form != .examples {
            var start = 0
            for (parameter, node) in result.nodes.enumerated() {
                defer { start += graph.shape(node).factor }
                let hasColumns = plan.operators.kind(result.value).columns != nil
                if let placed = pass.main.placements[.value(node)], placed.value == result.value, placed.start == start,
                    !hasColumns
                {
                    continue
                }
                let whole = values[result.value]
                let target =
                    result.form == .scalar
                    ? whole
                    : result.form == .packed
                        ? whole.slice(from: start, sizes: graph.shape(node).sizes(examples: 0))
                        : hasColumns
                            ? plan.columnsLeading(plan.piece(parameter, of: whole)).leading(columns)
                            : plan.piece(parameter, of: whole)
                kernels.append(CopyKernel(from: program.operand(node, examples: 0), to: target))
            }
        }
        return kernels
    }
}

/// A dense copy of a strided value, in memory of its own.
private final class DenseCopy: Kernel {
    let copy: Operand
    private let memory: Memory
    private let kernel: CopyKernel
    let matmulFlops = 0
    let flops = 0

    init(of source: Operand) {
        memory = Memory(byteCount: source.count * source.storage.byteCount)
        copy = Operand(address: memory.address, storage: source.storage, sizes: source.sizes)
        kernel = CopyKernel(from: source, to: copy)
    }
    func run(_ state: RunState) { kernel.run(state) }
}

extension Operand {
    /// Some indices of the first axis; all without a range.
    fileprivate func leading(_ range: Range<Int>?) -> Operand {
        guard let range else { return self }
        return Operand(
            address: address + range.lowerBound * strides[0] * storage.byteCount, storage: storage,
            sizes: [range.count] + sizes.dropFirst(), strides: strides)
    }
}

extension Plan {
    /// The part of a vector (D) or block (D, K) that belongs to a selected parameter, in the parameter's shape (with a last axis K).
    func piece(_ parameter: Int, of whole: Operand) -> Operand {
        let parameters = problem.parameters
        let columns = Array(whole.sizes.dropFirst())
        let start = parameters[..<parameter].reduce(0) { $0 + $1.count } * columns.reduce(1, *)
        return whole.slice(from: start, sizes: parameters[parameter].shape + columns)
    }
    /// (..., K) seen as (K, ...).
    func columnsLeading(_ piece: Operand) -> Operand {
        Operand(
            address: piece.address, storage: piece.storage, sizes: [piece.sizes.last!] + piece.sizes.dropLast(),
            strides: [piece.strides.last!] + piece.strides.dropLast())
    }
}

extension Operand {
    /// Elements from `start` on, of a contiguous operand.
    func slice(from start: Int, sizes: [Int]) -> Operand {
        Operand(address: address + start * storage.byteCount, storage: storage, sizes: sizes)
    }
}
