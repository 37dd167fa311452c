import CKernels

/// The product of two strided operands, summed over the labels that the output lacks (an einsum of two operands).
///
/// A label in all three operands is a batch; every label occurs in at least two. Inputs may
/// have any strides; elements of the output must be distinct.
package final class ContractionKernel: Kernel {
    package let matmulFlops: Int
    package var flops: Int { matmulFlops }
    /// Bytes of memory that copies of operands take for as long as the kernel lives.
    package var copiedBytes: Int { copies.reduce(0) { $0 + $1.byteCount } }

    private let plan: ContractionPlan
    private let tasks: ContractionTasks
    private let nest: Nest
    private let storage: Storage
    private let accumulate: Bool
    private let lhs: UnsafeMutableRawPointer
    private let rhs: UnsafeMutableRawPointer
    private let output: UnsafeMutableRawPointer
    private let copies: [Memory]
    /// Run before and after the product.
    private let before: [any Kernel]
    private let after: [any Kernel]
    /// Nothing to multiply: the sum over an empty axis, or an empty output.
    private let isEmpty: Bool

    /// Multiplies `lhs` and `rhs` into `output`, or adds to it with `accumulate`.
    package convenience init(
        lhs: Operand, lhsLabels: [Int], rhs: Operand, rhsLabels: [Int], output: Operand, outputLabels: [Int],
        accumulate: Bool
    ) {
        self.init(
            lhs: lhs, lhsLabels: lhsLabels, rhs: rhs, rhsLabels: rhsLabels, output: output, outputLabels: outputLabels,
            accumulate: accumulate, where: { _ in true })
    }

    /// For tests: the best of some plans only.
    init(
        lhs: Operand, lhsLabels: [Int], rhs: Operand, rhsLabels: [Int], output: Operand, outputLabels: [Int],
        accumulate: Bool, where allowed: (ContractionPlan) -> Bool
    ) {
        precondition(lhs.storage == rhs.storage && lhs.storage == output.storage, "operands are stored differently")
        precondition(lhs.storage == .float32 || lhs.storage == .float64, "a contraction of \(lhs.storage)")
        for (operand, labels) in [(lhs, lhsLabels), (rhs, rhsLabels), (output, outputLabels)] {
            precondition(operand.rank == labels.count, "\(labels.count) labels for an operand of rank \(operand.rank)")
            precondition(Set(labels).count == labels.count, "a label occurs twice in one operand: \(labels)")
        }
        storage = lhs.storage
        self.accumulate = accumulate
        let axes = ContractionAxis.axes(
            lhs: lhs, lhsLabels: lhsLabels, rhs: rhs, rhsLabels: rhsLabels, output: output, outputLabels: outputLabels)
        matmulFlops = axes.reduce(2) { $0 * $1.size }
        isEmpty = matmulFlops == 0
        if isEmpty {
            plan = ContractionPlan(method: .elementwise)
            tasks = ContractionTasks(plan)
            nest = Nest(plan)
            copies = []
            before = accumulate || output.count == 0 ? [] : [FillKernel(output, value: 0)]
            after = []
            (self.lhs, self.rhs, self.output) = (lhs.address, rhs.address, output.address)
            return
        }
        let plan = ContractionPlan.cheapest(axes, storage: storage, accumulate: accumulate, where: allowed)
        precondition(plan.cost < .infinity, "no plan is allowed")
        var addresses = [lhs.address, rhs.address, output.address]
        var (copies, before, after) = ([Memory](), [any Kernel](), [any Kernel]())
        for (position, members) in plan.copied {
            let sizes = members.map { axes[$0].size }
            let view = Operand(
                address: addresses[position.rawValue], storage: storage, sizes: sizes,
                strides: members.map { axes[$0].stride(in: position) })
            let memory = Memory(byteCount: view.count * storage.byteCount)
            let copy = Operand(address: memory.address, storage: storage, sizes: sizes)
            if position != .output || accumulate { before.append(CopyKernel(from: view, to: copy)) }
            if position == .output { after.append(CopyKernel(from: copy, to: view)) }
            copies.append(memory)
            addresses[position.rawValue] = memory.address
        }
        if plan.exchanged { addresses.swapAt(0, 1) }
        (self.lhs, self.rhs, self.output) = (addresses[0], addresses[1], addresses[2])
        (self.copies, self.before, self.after) = (copies, before, after)
        self.plan = plan
        tasks = ContractionTasks(plan)
        nest = Nest(plan)
    }

    /// Loops around a vector: the innermost over the output and the innermost over a sum run in C.
    private struct Nest {
        var shape = ck_contraction()
        var rowCount = 1
        /// Sums outside of C.
        var sums: [ContractionAxis] = []
        var sumCount = 1

        init(_ plan: ContractionPlan) {
            (shape.rows, shape.terms, shape.width) = (1, 1, 1)
            if let axis = plan.loops.last {
                rowCount = axis.size
                (shape.row_a, shape.row_b, shape.row_c) = (axis.lhs, axis.rhs, axis.output)
            }
            if let axis = plan.sums.last {
                (shape.terms, shape.term_a, shape.term_b) = (axis.size, axis.lhs, axis.rhs)
                sums = plan.sums.dropLast()
                sumCount = sums.reduce(1) { $0 * $1.size }
            }
            if let axis = plan.vector {
                (shape.width_a, shape.width_b, shape.width_c) = (axis.lhs, axis.rhs, axis.output)
            }
        }
    }

    package func run(_ state: RunState) {
        state.matmulFlops += matmulFlops
        state.flops += flops
        state.executedFlops += matmulFlops
        for kernel in before { kernel.run(state) }
        if isEmpty { return }
        switch plan.method {
        case .matrixMatrix: parallelFor(tasks.count) { multiplyMatrices(tasks[$0]) }
        case .matrixVector: parallelFor(tasks.count) { multiplyVectors(tasks[$0]) }
        case .elementwise, .innerProduct: parallelFor(tasks.count) { multiplyElements(tasks[$0]) }
        }
        for kernel in after { kernel.run(state) }
    }

    private func at(_ address: UnsafeMutableRawPointer, _ offset: Int) -> UnsafeMutableRawPointer {
        address + offset * storage.byteCount
    }

    private func multiplyMatrices(_ task: ContractionTasks.Task) {
        let (m, n) = (task.rows.count, task.columns.count)
        let inLhs = task.rows.lowerBound * (plan.row?.lhs ?? 0)
        let inRhs = task.columns.lowerBound * (plan.column?.rhs ?? 0)
        let inOutput =
            task.rows.lowerBound * (plan.row?.output ?? 0) + task.columns.lowerBound * (plan.column?.output ?? 0)
        for loop in task.loops {
            let outer = ContractionOffset(loop, plan.loops)
            for sum in 0..<plan.sumCount {
                let inner = ContractionOffset(sum, plan.sums)
                BLAS.gemm(
                    storage, transposeA: plan.lhs.transposed, transposeB: plan.rhs.transposed, m: m, n: n, k: plan.k,
                    a: at(lhs, outer.lhs + inner.lhs + inLhs), lda: plan.lhs.leading,
                    b: at(rhs, outer.rhs + inner.rhs + inRhs), ldb: plan.rhs.leading,
                    beta: accumulate || sum > 0 ? 1 : 0,
                    c: at(output, outer.output + inOutput), ldc: plan.leadingOutput)
            }
        }
    }

    private func multiplyVectors(_ task: ContractionTasks.Task) {
        let m = task.rows.count
        let row = plan.row!
        let (rows, columns) = plan.lhs.transposed ? (plan.k, m) : (m, plan.k)
        for loop in task.loops {
            let outer = ContractionOffset(loop, plan.loops)
            let y = at(output, outer.output + task.rows.lowerBound * row.output)
            // Whether a BLAS reads an output that it should overwrite varies for products with vectors.
            if !accumulate { clear(y, count: m, stride: row.output) }
            for sum in 0..<plan.sumCount {
                let inner = ContractionOffset(sum, plan.sums)
                BLAS.gemv(
                    storage, transpose: plan.lhs.transposed, rows: rows, columns: columns,
                    a: at(lhs, outer.lhs + inner.lhs + task.rows.lowerBound * row.lhs), lda: plan.lhs.leading,
                    x: at(rhs, outer.rhs + inner.rhs), strideX: plan.contracted!.rhs, y: y, strideY: row.output)
            }
        }
    }

    private func clear(_ address: UnsafeMutableRawPointer, count: Int, stride: Int) {
        if storage == .float32 {
            let elements = address.assumingMemoryBound(to: Float.self)
            for index in 0..<count { elements[index * stride] = 0 }
        } else {
            let elements = address.assumingMemoryBound(to: Double.self)
            for index in 0..<count { elements[index * stride] = 0 }
        }
    }

    private func multiplyElements(_ task: ContractionTasks.Task) {
        var shape = nest.shape
        shape.width = task.columns.count
        let start = task.columns.lowerBound
        var loop = task.loops.lowerBound
        while loop < task.loops.upperBound {
            let outer = ContractionOffset(loop, plan.loops)
            shape.rows = min(nest.rowCount - loop % nest.rowCount, task.loops.upperBound - loop)
            for sum in 0..<nest.sumCount {
                let inner = ContractionOffset(sum, nest.sums)
                multiply(
                    &shape, at(lhs, outer.lhs + inner.lhs + start * shape.width_a),
                    at(rhs, outer.rhs + inner.rhs + start * shape.width_b),
                    at(output, outer.output + start * shape.width_c), overwrite: !accumulate && sum == 0)
            }
            loop += shape.rows
        }
    }

    private func multiply(
        _ shape: inout ck_contraction, _ a: UnsafeRawPointer, _ b: UnsafeRawPointer,
        _ c: UnsafeMutableRawPointer, overwrite: Bool
    ) {
        let overwrite: CInt = overwrite ? 1 : 0
        if storage == .float32 {
            let a = a.assumingMemoryBound(to: Float.self)
            let b = b.assumingMemoryBound(to: Float.self)
            let c = c.assumingMemoryBound(to: Float.self)
            if plan.method == .innerProduct {
                ck_contract_inner_f32(&shape, a, b, c, overwrite)
            } else {
                ck_contract_f32(&shape, a, b, c, overwrite)
            }
        } else {
            let a = a.assumingMemoryBound(to: Double.self)
            let b = b.assumingMemoryBound(to: Double.self)
            let c = c.assumingMemoryBound(to: Double.self)
            if plan.method == .innerProduct {
                ck_contract_inner_f64(&shape, a, b, c, overwrite)
            } else {
                ck_contract_f64(&shape, a, b, c, overwrite)
            }
        }
    }
}
