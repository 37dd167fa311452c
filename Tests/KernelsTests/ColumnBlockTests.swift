import Testing

@testable import Kernels

/// Column operations on row-major blocks, against loops over doubles.
@Suite struct ColumnBlockTests {
    private static let storages: [Storage] = [.float32, .float64]

    /// Columns 1... of a block that is wider by three: rows with gaps.
    private func block(_ storage: Storage, _ rows: Int, _ columns: Int, gaps: Bool, seed: UInt64) -> (
        TestArray, Operand
    ) {
        var generator = TestGenerator(seed: seed)
        let array = randomArray(storage, [rows, columns + (gaps ? 3 : 0)], generator: &generator)
        return (array, gaps ? array.operand.columns(1..<columns + 1) : array.operand)
    }

    private func values(_ operand: Operand) -> [Double] {
        (0..<operand.sizes[0] * operand.sizes[1]).map { place in
            let offset = place / operand.sizes[1] * operand.strides[0] + place % operand.sizes[1] * operand.strides[1]
            let address = operand.address + offset * operand.storage.byteCount
            return operand.storage == .float32 ? Double(address.load(as: Float.self)) : address.load(as: Double.self)
        }
    }

    private func room(_ count: Int) -> TestArray { TestArray(.float64, Array(repeating: .nan, count: max(count, 1))) }

    @Test(arguments: [(1, 1), (5, 3), (1000, 1), (40_000, 2), (300, 70)], [false, true])
    func dots(shape: (Int, Int), gaps: Bool) {
        let (rows, columns) = shape
        for (a, b) in [
            (Storage.float32, Storage.float32), (.float32, .float64), (.float64, .float32), (.float64, .float64),
        ] {
            let (x, y) = (block(a, rows, columns, gaps: gaps, seed: 1), block(b, rows, columns, gaps: gaps, seed: 2))
            let partials = room(ColumnDots.partialCount(rows: rows, columns: columns))
            var results: [[Double]] = []
            for threads in [1, 2] {
                TaskArena(threads: threads).run {
                    results.append(ColumnDots.run(x.1, y.1, partials: partials.operand))
                }
            }
            #expect(results[0] == results[1])
            let (left, right) = (values(x.1), values(y.1))
            for j in 0..<columns {
                let wanted = (0..<rows).reduce(0) { $0 + left[$1 * columns + j] * right[$1 * columns + j] }
                #expect(close(results[0][j], wanted, 1e-10))
            }
            withExtendedLifetime((x, y, partials)) {}
        }
    }

    @Test(arguments: [(1, 1), (5, 3), (1000, 1), (300, 70)], [false, true])
    func combinations(shape: (Int, Int), gaps: Bool) {
        let (rows, columns) = shape
        for (a, b) in [
            (Storage.float32, Storage.float32), (.float32, .float64), (.float64, .float32), (.float64, .float64),
        ] {
            let (x, y) = (block(a, rows, columns, gaps: gaps, seed: 3), block(b, rows, columns, gaps: gaps, seed: 4))
            let (left, right) = (values(x.1), values(y.1))
            let (p, q) = ((0..<columns).map { Double($0) - 1 }, (0..<columns).map { 2 - Double($0) })
            ColumnCombination.run(p, x.1, q, y.1)
            let tolerance = b == .float32 ? 1e-6 : 1e-15
            let wanted = left.indices.map { p[$0 % columns] * left[$0] + q[$0 % columns] * right[$0] }
            #expect(zip(values(y.1), wanted).allSatisfy { abs($0 - $1) <= tolerance * Double(columns) })
            withExtendedLifetime((x, y)) {}
        }
    }

    /// What has the coefficient 0 is not looked at.
    @Test(arguments: [1, 3]) func zerosWinOverNaN(columns: Int) {
        let (nan, x) = (
            TestArray(.float64, Array(repeating: .nan, count: 4 * columns)),
            block(.float64, 4, columns, gaps: false, seed: 5)
        )
        let y = Operand(address: nan.operand.address, storage: .float64, sizes: [4, columns])
        ColumnCombination.copy(x.1, to: y)
        #expect(values(y) == values(x.1))
        let other = TestArray(.float64, Array(repeating: .nan, count: 4 * columns))
        let source = Operand(address: other.operand.address, storage: .float64, sizes: [4, columns])
        ColumnCombination.run(Array(repeating: 0, count: columns), source, Array(repeating: 1, count: columns), y)
        #expect(values(y) == values(x.1))
        ColumnCombination.clear(source)
        #expect(values(source).allSatisfy { $0 == 0 })
        withExtendedLifetime((nan, x, other)) {}
    }

    @Test(arguments: [(3, 2, 2), (700, 9, 3), (20_000, 3, 1)], [Storage.float32, .float64])
    func products(shape: (Int, Int, Int), storage: Storage) {
        let (n, p, q) = shape
        let (x, y) = (block(storage, n, p, gaps: true, seed: 6), block(.float64, n, q, gaps: true, seed: 7))
        let partials = room(BlockProducts.partialCount(rows: n, left: p, right: q))
        var generator = TestGenerator(seed: 8)
        let c = TestArray(.float64, [p, q], generator: &generator)
        var results: [[Double]] = []
        for threads in [1, 2] {
            TaskArena(threads: threads).run {
                BlockProducts.transposed(x.1, y.1, into: c.operand, partials: partials.operand)
            }
            results.append(c.values)
        }
        #expect(results[0] == results[1])
        let (left, right) = (values(x.1), values(y.1))
        for i in 0..<p {
            for j in 0..<q {
                let wanted = (0..<n).reduce(0) { $0 + left[$1 * p + i] * right[$1 * q + j] }
                #expect(close(c.values[i * q + j], wanted, 1e-10))
            }
        }
        let small = c.values
        BlockProducts.multiply(x.1, c.operand, alpha: -0.5, beta: 2, into: y.1)
        let got = values(y.1)
        for place in stride(from: 0, to: n * q, by: 7) {
            let sum = (0..<p).reduce(0) { $0 + left[place / q * p + $1] * small[$1 * q + place % q] }
            #expect(close(got[place], 2 * right[place] - 0.5 * sum, 1e-12))
        }
        // In place: the first columns of x.
        if q <= p {
            BlockProducts.multiply(x.1, c.operand, into: x.1.columns(0..<q))
            let rotated = values(x.1)
            for row in stride(from: 0, to: n, by: 5) {
                let sum = (0..<p).reduce(0) { $0 + left[row * p + $1] * small[$1 * q] }
                #expect(close(rotated[row * p], sum, storage == .float32 ? 1e-6 : 1e-12))
                if q < p { #expect(rotated[row * p + p - 1] == left[row * p + p - 1]) }
            }
        }
        withExtendedLifetime((x, y, partials)) {}
    }

    @Test(arguments: [ProbeBlock.Distribution.rademacher, .gaussian], [Storage.float32, .float64])
    func probes(distribution: ProbeBlock.Distribution, storage: Storage) {
        func fill(_ rows: Int, _ columns: Int, first: Int, purpose: Int = 1, threads: Int = 1) -> [Double] {
            var generator = TestGenerator(seed: 9)
            let array = TestArray(storage, [rows, columns], generator: &generator)
            let arena = TaskArena(threads: threads)
            arena.run {
                ProbeBlock.fill(array.operand, distribution, seed: 4, purpose: purpose, first: first)
            }
            return array.values
        }
        let all = fill(5001, 6, first: 0)
        #expect(all == fill(5001, 6, first: 0, threads: 2))
        // The same samples in blocks of another width, and of fewer rows.
        let part = fill(5001, 2, first: 3)
        for row in 0..<5001 {
            let (left, right) = (part[2 * row], part[2 * row + 1])
            #expect(left == all[6 * row + 3] && right == all[6 * row + 4])
        }
        #expect(fill(77, 6, first: 0) == Array(all.prefix(77 * 6)))
        #expect(all != fill(5001, 6, first: 0, purpose: 2))
        let count = Double(all.count)
        let mean: Double = all.reduce(0, +) / count
        let square: Double = all.reduce(0) { $0 + $1 * $1 } / count
        #expect(abs(mean) < 0.03 && abs(square - 1) < 0.04)
        if distribution == .rademacher { #expect(all.allSatisfy { abs($0) == 1 }) }
        // Samples are independent of each other.
        var product = 0.0
        for row in 0..<5001 { product += all[6 * row] * all[6 * row + 1] }
        #expect(abs(product / 5001) < 0.06)
    }
}
