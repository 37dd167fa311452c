import CKernels

/// An elementwise program as the C interpreter reads it. It owns the tables that the interpreter is pointed to.
final class ElementwiseProgram {
    private let program: UnsafeMutablePointer<ck_program>
    private let integers: UnsafeMutablePointer<Int64>
    private let accesses: UnsafeMutablePointer<ck_access>
    private let instructions: UnsafeMutablePointer<ck_instruction>

    /// - Parameter axes: the strides of the stores, then of the loads.
    init(
        liveness: ElementwiseLiveness, axes: StridedAxes, tiling: ElementwiseTiling, loads: [Operand],
        stores: [(register: Int, operand: Operand)]
    ) {
        let placement = ElementwisePlacement(
            liveness: liveness, axes: axes, tiling: tiling, loads: loads, stores: stores)
        let slots = placement.slots
        let rank = axes.rank
        let operands = stores.map(\.operand) + loads

        integers = .allocate(capacity: rank * (2 + operands.count) + slots.bytes.count)
        let sizes = integers
        let extents = integers + rank
        for axis in 0..<rank {
            sizes[axis] = Int64(axes.sizes[axis])
            extents[axis] = Int64(tiling.extents[axis])
        }
        accesses = .allocate(capacity: operands.count)
        for (index, operand) in operands.enumerated() {
            let strides = integers + rank * (2 + index)
            for axis in 0..<rank { strides[axis] = Int64(axes.strides[index][axis] * operand.storage.byteCount) }
            let register = index < stores.count ? stores[index].register : index - stores.count
            accesses[index] = ck_access(
                address: operand.address.assumingMemoryBound(to: CChar.self), strides: UnsafePointer(strides),
                kind: Int32(placement.kinds[index]), slot: Int32(slots.slot[register]),
                element_bytes: Int32(operand.storage.byteCount))
        }

        let offsets = integers + rank * (2 + operands.count)
        var scratch = 0
        for (slot, bytes) in slots.bytes.enumerated() {
            offsets[slot] = slots.inOperand[slot] ? -1 : Int64(scratch)
            // Whole cache lines.
            if !slots.inOperand[slot] { scratch += (bytes * tiling.tileElements + 63) / 64 * 64 }
        }
        precondition(scratch <= 1 << 20, "an elementwise program with too many values alive at once")

        instructions = .allocate(capacity: liveness.instructions.count)
        for (index, instruction) in liveness.instructions.enumerated() {
            guard
                let function = instruction.operation.function(
                    for: instruction.storage, result: instruction.resultStorage)
            else {
                preconditionFailure("no operation \(instruction.operation) on \(instruction.storage)")
            }
            // An argument that the operation does not take points to its first one.
            let used = instruction.usedSources.map { Int32(slots.slot[$0]) }
            instructions[index] = ck_instruction(
                operation: function, result: Int32(slots.slot[instruction.destination]),
                a: used[0], b: used.count > 1 ? used[1] : used[0], c: used.count > 2 ? used[2] : used[0])
        }
        program = .allocate(capacity: 1)
        program.pointee = ck_program(
            axis_count: Int32(rank), access_count: Int32(operands.count),
            instruction_count: Int32(liveness.instructions.count), slot_count: Int32(slots.bytes.count),
            sizes: UnsafePointer(sizes), extents: UnsafePointer(extents), accesses: UnsafePointer(accesses),
            instructions: UnsafePointer(instructions), slot_offsets: UnsafePointer(offsets),
            scratch_bytes: Int64(scratch))
    }

    deinit {
        program.deallocate()
        integers.deallocate()
        accesses.deallocate()
        instructions.deallocate()
    }

    func run(_ tiles: Range<Int>) {
        ck_program_run(program, Int64(tiles.lowerBound), Int64(tiles.upperBound))
    }
}
