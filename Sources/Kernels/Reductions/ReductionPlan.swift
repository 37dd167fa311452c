/// How a reduction is cut: into tiles of outputs along one kept axis, and, where there are few outputs, the reduced
/// indices into parts.
struct ReductionPlan {
    /// The reduced axes but the innermost.
    private(set) var outerReduced: StridedAxes
    private(set) var innerSize = 1
    private(set) var innerStride = 0
    let reducedCount: Int

    /// The kept axes but the one that tiles run along; strides of the input, then of the output.
    private(set) var outerKept: StridedAxes
    private(set) var keptSize = 1
    private(set) var keptStride = 0
    private(set) var resultStride = 0

    /// Outputs of a tile; fewer at the axis's end.
    let width: Int
    let tileCount: Int
    let tilesPerTask: Int
    let parts: Int
    let reducedPerPart: Int

    init(input: Operand, output: Operand, axes: [Int]) {
        let reducedAxes = Set(axes)
        precondition(
            reducedAxes.count == axes.count && axes.allSatisfy(input.sizes.indices.contains),
            "axes \(axes) of a view of rank \(input.rank)")
        let keptAxes = input.sizes.indices.filter { !reducedAxes.contains($0) }
        precondition(
            keptAxes.map { input.sizes[$0] } == output.sizes,
            "a reduction of sizes \(input.sizes) over \(axes) to sizes \(output.sizes)")

        let reducedOrder = input.sizes.indices.filter(reducedAxes.contains)
        outerReduced = StridedAxes(
            sizes: reducedOrder.map { input.sizes[$0] }, strides: [reducedOrder.map { input.strides[$0] }])
        outerKept = StridedAxes(
            sizes: output.sizes, strides: [keptAxes.map { input.strides[$0] }, output.strides])
        reducedCount = outerReduced.count
        outerReduced.order(by: 0)
        outerReduced.merge()
        outerKept.order(by: 0)
        outerKept.merge()
        if let last = outerReduced.removeInnermost() {
            innerSize = last.size
            innerStride = last.strides[0]
        }
        if let last = outerKept.removeInnermost() {
            keptSize = last.size
            keptStride = last.strides[0]
            resultStride = last.strides[1]
        }

        let outputs = output.count
        let outerCount = outerKept.count
        // Tiles as wide as accumulators fit the cache, but so many that there is work for some threads.
        let along = keptSize
        let narrowest = keptStride == 1 ? 64 : 1
        var most = max(min(along, ReductionPlan.mostOutputs), 1)
        while most / 2 >= narrowest && outerCount * ((along + most - 1) / most) < 16 && most * reducedCount > 16384 {
            most /= 2
        }
        width = most
        tileCount = outputs == 0 ? 0 : outerCount * ((along + most - 1) / most)
        let tileWork = max(width * reducedCount, 1)
        tilesPerTask = max(1, (16384 + tileWork - 1) / tileWork)

        // Too few tasks for much work: split what is reduced, as long as the accumulators stay few.
        let tasks = (tileCount + tilesPerTask - 1) / tilesPerTask
        let wanted = tasks == 0 ? 1 : min(64 / tasks, outputs * reducedCount / 32768, reducedCount)
        let affordable = outputs == 0 ? 1 : 65536 / outputs
        let split = max(min(wanted, affordable), 1)
        reducedPerPart = max((reducedCount + split - 1) / split, 1)
        parts = max((reducedCount + reducedPerPart - 1) / reducedPerPart, 1)
    }

    private static let mostOutputs = 512

    struct Place {
        var width: Int
        var firstOutput: Int
        /// In elements.
        var inputOffset: Int
        var outputOffset: Int
    }

    func place(tile: Int) -> Place {
        let along = (keptSize + width - 1) / width
        let first = tile % along * width
        var outer = tile / along
        var place = Place(
            width: min(width, keptSize - first), firstOutput: outer * keptSize + first,
            inputOffset: first * keptStride, outputOffset: first * resultStride)
        for axis in (0..<outerKept.rank).reversed() {
            let index = outer % outerKept.sizes[axis]
            outer /= outerKept.sizes[axis]
            place.inputOffset += index * outerKept.strides[0][axis]
            place.outputOffset += index * outerKept.strides[1][axis]
        }
        return place
    }
}
