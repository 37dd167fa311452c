import CKernels

/// How each operand of an elementwise program is accessed: where it lies, or through a slot.
struct ElementwisePlacement {
    /// For the stores, then the loads: one of the C constants `CK_IN_PLACE` and so on.
    private(set) var kinds: [Int]
    private(set) var slots: ElementwiseSlots

    init(
        liveness: ElementwiseLiveness, axes: StridedAxes, tiling: ElementwiseTiling, loads: [Operand],
        stores: [(register: Int, operand: Operand)]
    ) {
        kinds = []
        var operandRegisters: Set<Int> = []
        var pinned: Set<Int> = []
        let storeRanges = stores.map(\.operand.byteRange)
        let loadRanges = loads.map(\.byteRange)

        var loadKinds: [Int] = []
        for register in loads.indices {
            let strides = axes.strides[stores.count + register]
            // A load that is itself stored would be read again at the end, when a store may have overwritten it.
            let isSafe =
                liveness.lastRead[register] != Int.max
                || !storeRanges.contains { $0.overlaps(loadRanges[register]) }
            if tiling.isContiguous(strides) && isSafe {
                loadKinds.append(CK_IN_PLACE)
                operandRegisters.insert(register)
            } else if tiling.isInvariant(strides) {
                loadKinds.append(CK_INVARIANT)
                pinned.insert(register)
            } else {
                loadKinds.append(CK_GATHERED)
            }
        }

        for (index, store) in stores.enumerated() {
            let written = liveness.written[store.register]
            // Writing where a load lies that is still to be read would destroy it.
            let isSafe = loads.indices.allSatisfy { load in
                loadKinds[load] != CK_IN_PLACE || liveness.lastRead[load] <= written
                    || !loadRanges[load].overlaps(storeRanges[index])
            }
            let isFree = written >= 0 && !operandRegisters.contains(store.register)
            if isFree && isSafe && tiling.isContiguous(axes.strides[index]) {
                kinds.append(CK_IN_PLACE)
                operandRegisters.insert(store.register)
            } else {
                kinds.append(CK_SCATTERED)
                pinned.insert(store.register)
            }
        }
        kinds += loadKinds
        slots = ElementwiseSlots(liveness, operandRegisters: operandRegisters, pinned: pinned)
    }
}
