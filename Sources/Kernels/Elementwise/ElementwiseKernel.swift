import CKernels

/// A chain of elementwise operations, run tile by tile: intermediate values never leave the cache.
///
/// Operands that lie as the tiles do are read and written where they are; others (broadcast, transposed) are gathered
/// into registers first, and those that are the same for every tile only once for each task.
package final class ElementwiseKernel: Kernel {
    package let matmulFlops = 0
    package let flops: Int

    private let program: ElementwiseProgram?
    private let tileCount: Int
    private let tilesPerTask: Int

    /// Register `i` holds `loads[i]`; every other register is written by exactly one instruction.
    ///
    /// - Parameter stores: operands that overlap nothing, except that one may be exactly a load (in place).
    package init(
        sizes: [Int], loads: [Operand], instructions: [ElementwiseInstruction],
        stores: [(register: Int, operand: Operand)], registerStorages: [Storage]
    ) {
        for (register, operand) in stores + loads.enumerated().map({ ($0.offset, $0.element) }) {
            precondition(operand.sizes == sizes, "an operand of sizes \(operand.sizes) in a program of sizes \(sizes)")
            precondition(operand.storage == registerStorages[register], "register \(register) has another storage")
        }
        let count = sizes.reduce(1, *)
        let counted = instructions.count {
            $0.operation.isArithmetic && ($0.storage == .float32 || $0.storage == .float64)
        }
        flops = counted * count

        let liveness = ElementwiseLiveness(
            loadCount: loads.count, instructions: instructions, storages: registerStorages,
            storedRegisters: stores.map(\.register))
        if count == 0 || stores.isEmpty {
            (program, tileCount, tilesPerTask) = (nil, 0, 1)
            return
        }
        var axes = StridedAxes(sizes: sizes, strides: (stores.map(\.operand) + loads).map(\.strides))
        axes.order(by: 0)
        axes.merge()

        // What a tile needs should stay in the first-level cache.
        let everything = ElementwiseSlots(liveness, operandRegisters: [], pinned: [])
        let fitting = 24576 / max(everything.bytesPerElement, 1)
        let tiling = ElementwiseTiling(axes, target: min(max(fitting, 256), 1024) / 64 * 64)

        program = ElementwiseProgram(
            liveness: liveness, axes: axes, tiling: tiling, loads: loads, stores: stores)
        tileCount = tiling.tileCount
        // A task is worth its overhead from 16 thousand elements on; many more tasks than 512 serve nobody.
        tilesPerTask = max((16384 + tiling.tileElements - 1) / tiling.tileElements, (tileCount + 511) / 512)
    }

    package func run(_ state: RunState) {
        state.flops += flops
        guard let program else { return }
        let (tileCount, tilesPerTask) = (tileCount, tilesPerTask)
        parallelFor((tileCount + tilesPerTask - 1) / tilesPerTask) { task in
            let first = task * tilesPerTask
            program.run(first..<min(first + tilesPerTask, tileCount))
        }
    }
}
