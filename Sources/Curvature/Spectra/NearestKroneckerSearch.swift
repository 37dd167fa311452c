import Kernels

/// KFOC's factors where rearranged blocks are too large to be there: their top singular vectors by products alone, for all layers at once, so that a
/// product is one pass over the data (Koroko et al. 2022).
package final class NearestKroneckerSearch {
    package struct Block: Hashable, Sendable {
        package var outputs, inputs: Int
        package init(outputs: Int, inputs: Int) { (self.outputs, self.inputs) = (outputs, inputs) }
        var outputCount: Int { outputs * outputs }
        var inputCount: Int { inputs * inputs }
        /// Of the factors, output first, in the result.
        package var count: Int { outputCount + inputCount }
    }

    /// From packed matrices (inputs, inputs) to packed (outputs, outputs), and back.
    private let map, transpose: any LinearMap
    private let blocks: [Block]
    private let memory: Memory
    private let (right, left): (Operand, Operand)
    private let tolerance: Double

    /// Steps after which a search that has not converged is given up.
    private static let mostSteps = 480
    package static let usualSteps = 4
    /// Vectors of a basis, of the size of all factors: a few, since they are long, and since a few steps are usually enough.
    private static let depth = 8

    package init(_ map: any LinearMap, transpose: any LinearMap, blocks: [Block]) {
        (self.map, self.transpose, self.blocks) = (map, transpose, blocks)
        let (rows, columns) = (blocks.reduce(0) { $0 + $1.outputCount }, blocks.reduce(0) { $0 + $1.inputCount })
        precondition(map.rows == rows && map.columns == columns && map.width == 1, "a map of other blocks")
        memory = Memory(byteCount: (rows + columns) * map.storage.byteCount)
        right = Operand(address: memory.address, storage: map.storage, sizes: [columns, 1])
        left = Operand(
            address: memory.address + columns * map.storage.byteCount, storage: map.storage, sizes: [rows, 1])
        // As far as the products' own roundings allow.
        tolerance = map.storage == .float64 ? 1e-13 : 1e-6
    }

    /// - Parameter result: float64: the factors of each block, output first.
    package func run(into result: Operand, monitor: IterationMonitor) throws -> IterationOutcome {
        var searches = blocks.map {
            SingularTripleSearch(
                rows: $0.outputCount, start: NearestFactors.start(inputs: $0.inputs), depth: Self.depth,
                tolerance: tolerance)
        }
        var (steps, applications) = (0, 0)
        while steps < Self.mostSteps, searches.contains(where: { !$0.hasConverged }) {
            // What has converged goes along: its right vector, and zeros.
            right.fill(searches.flatMap(\.rightVector))
            try map.apply(right, into: left)
            split(left, \.outputCount) { searches[$0].take(product: $1) }
            left.fill(zip(searches, blocks).flatMap { $0.leftVector ?? [Double](repeating: 0, count: $1.outputCount) })
            try transpose.apply(left, into: right)
            split(right, \.inputCount) { searches[$0].take(transposedProduct: $1) }
            (steps, applications) = (steps + 1, applications + 2)
            try monitor.report(steps, searches.map(\.relativeResidual).max() ?? 0)
        }
        var target = result.address.assumingMemoryBound(to: Double.self)
        for (search, block) in zip(searches, blocks) {
            NearestFactors.store(
                search, outputs: block.outputs, inputs: block.inputs, output: target,
                input: target + block.outputCount)
            target += block.count
        }
        return .search(
            applications: applications, residual: searches.map(\.relativeResidual).max() ?? 0,
            converged: searches.allSatisfy(\.hasConverged))
    }

    private func split(_ packed: Operand, _ count: KeyPath<Block, Int>, _ body: (Int, [Double]) -> Void) {
        let values = packed.doubles
        var start = 0
        for (index, block) in blocks.enumerated() {
            body(index, Array(values[start..<start + block[keyPath: count]]))
            start += block[keyPath: count]
        }
    }

    /// Bases of both sides, packed vectors, and a few copies on the way.
    static func workspaceBytes(rows: Int, columns: Int, storage: Storage) -> Int {
        (rows + columns) * (storage.byteCount + 8 * (depth + 4))
    }
}
