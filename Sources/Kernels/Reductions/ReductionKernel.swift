import CKernels

/// What a reduction combines elements with.
package enum ReductionOperation: UInt8, Hashable, Sendable, CaseIterable {
    // The order is that of the C enumeration in ckernels_reduction.h.
    case sum
    /// NaN if any element is; of nothing, minus infinity (for integers, the least).
    case maximum
    /// NaN if any element is; of nothing, infinity (for integers, the greatest).
    case minimum
    case product
}

/// Reduces a view over some of its axes.
///
/// Sums of real numbers accumulate in float64, everything else in the input's storage. Order and lanes of the
/// accumulators follow from the shapes alone.
package final class ReductionKernel: Kernel {
    package let matmulFlops = 0
    package let flops: Int

    private let input: Operand
    private let output: Operand
    private let accumulate: Bool
    private let plan: ReductionPlan
    private let reduction: UnsafeMutablePointer<ck_reduction>
    private let integers: UnsafeMutablePointer<Int64>
    /// One accumulator for each part and output, where the reduced axes are split.
    private let partial: Memory?

    /// - Parameter output: its sizes are the input's without `axes`; stored as the input, or float64 for float32.
    package init(
        operation: ReductionOperation, input: Operand, output: Operand, axes: [Int], accumulate: Bool = false
    ) {
        precondition(input.storage != .bool, "booleans are not reduced")
        precondition(
            output.storage == input.storage || (input.storage == .float32 && output.storage == .float64),
            "a reduction of \(input.storage) to \(output.storage)")
        precondition(!accumulate || operation == .sum, "only sums accumulate")
        self.input = input
        self.output = output
        self.accumulate = accumulate
        flops = input.storage == .int64 ? 0 : input.count
        plan = ReductionPlan(input: input, output: output, axes: axes)

        let outer = plan.outerReduced
        integers = .allocate(capacity: max(2 * outer.rank, 1))
        for axis in 0..<outer.rank {
            integers[axis] = Int64(outer.sizes[axis])
            integers[outer.rank + axis] = Int64(outer.strides[0][axis])
        }
        reduction = .allocate(capacity: 1)
        reduction.pointee = ck_reduction(
            operation: Int32(operation.rawValue), storage: Int32(input.storage.rawValue),
            result_storage: Int32(output.storage.rawValue), outer_count: Int32(outer.rank),
            outer_sizes: UnsafePointer(integers), outer_strides: UnsafePointer(integers + outer.rank),
            inner_size: Int64(plan.innerSize), inner_stride: Int64(plan.innerStride),
            kept_stride: Int64(plan.keptStride), result_stride: Int64(plan.resultStride))
        partial = plan.parts > 1 ? Memory(byteCount: plan.parts * output.count * 8) : nil
    }

    deinit {
        reduction.deallocate()
        integers.deallocate()
    }

    package func run(_ state: RunState) {
        state.flops += flops
        let tileTasks = (plan.tileCount + plan.tilesPerTask - 1) / plan.tilesPerTask
        parallelFor(tileTasks * plan.parts) { task in
            let first = task / plan.parts * plan.tilesPerTask
            for tile in first..<min(first + plan.tilesPerTask, plan.tileCount) {
                reduce(tile: tile, part: task % plan.parts)
            }
        }
        guard let partial else { return }
        let accumulatorBytes = input.storage == .float32 && reduction.pointee.operation != CK_REDUCE_SUM ? 4 : 8
        parallelFor(tileTasks) { task in
            let first = task * plan.tilesPerTask
            for tile in first..<min(first + plan.tilesPerTask, plan.tileCount) {
                let place = plan.place(tile: tile)
                ck_reduce_combine(
                    reduction, partial.address + place.firstOutput * accumulatorBytes, Int64(output.count),
                    Int64(plan.parts), Int64(place.width),
                    output.address + place.outputOffset * output.storage.byteCount, accumulate ? 1 : 0)
            }
        }
    }

    private func reduce(tile: Int, part: Int) {
        let place = plan.place(tile: tile)
        let first = part * plan.reducedPerPart
        let last = min(first + plan.reducedPerPart, plan.reducedCount)
        let accumulatorBytes = input.storage == .float32 && reduction.pointee.operation != CK_REDUCE_SUM ? 4 : 8
        let target = partial.map { $0.address + (part * output.count + place.firstOutput) * accumulatorBytes }
        ck_reduce(
            reduction, input.address + place.inputOffset * input.storage.byteCount, Int64(place.width), Int64(first),
            Int64(last), target, output.address + place.outputOffset * output.storage.byteCount, accumulate ? 1 : 0)
    }
}
