import Kernels
import TensorIR

/// Primal values that passes keep for each other, batch by batch.
final class PrimalCache {
    private let plan: PrimalPlan
    private let memory: Memory
    /// Batches whose slots hold values of the parameters and data as they are.
    private var isFilled: [Bool]
    private var saves: [any Kernel] = []
    private var loads: [any Kernel] = []

    init?(_ plan: PrimalPlan?) {
        guard let plan else { return nil }
        self.plan = plan
        memory = Memory(byteCount: plan.byteCount)
        isFilled = [Bool](repeating: false, count: plan.keptBatches)
        guard !plan.isSingle else { return }
        func bytes(_ slot: Int) -> Operand {
            Operand(address: memory.address + slot * plan.slotBytes, storage: .bool, sizes: [plan.slotBytes])
        }
        for slot in 0..<plan.keptBatches {
            saves.append(CopyKernel(from: bytes(0), to: bytes(slot + 1)))
            loads.append(CopyKernel(from: bytes(slot + 1), to: bytes(0)))
        }
    }

    /// Where programs write and read kept values, whatever the batch.
    var windows: [Node: UnsafeMutableRawPointer] { plan.offsets.mapValues { memory.address + $0 } }

    var keptBatches: Int { plan.keptBatches }
    func isFilled(_ batch: Int) -> Bool { batch < isFilled.count && isFilled[batch] }

    /// Keeps what a program has left in the windows, if the batch has a slot.
    func save(_ batch: Int, _ state: RunState) {
        guard batch < isFilled.count else { return }
        if !plan.isSingle { saves[batch].run(state) }
        isFilled[batch] = true
    }

    /// Brings a batch's values to the windows.
    func load(_ batch: Int, _ state: RunState) {
        precondition(isFilled(batch), "batch \(batch) is not kept")
        if !plan.isSingle { loads[batch].run(state) }
    }

    /// Parameters or data have changed.
    func drop() { for batch in isFilled.indices { isFilled[batch] = false } }
}
