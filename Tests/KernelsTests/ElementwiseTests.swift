import Testing

@testable import Kernels

@Suite struct ElementwiseTests {
    /// Runs one operation over arrays of the values of its sources.
    private func run(
        _ operation: ElementwiseOperation, _ storage: Storage, to result: Storage? = nil, _ sources: [[Double]]
    ) -> [Double] {
        var arrays = sources.map { TestArray(storage, $0) }
        if operation == .select { arrays[0] = TestArray(.bool, sources[0]) }
        let result = result ?? operation.resultStorage(for: storage)
        let output = TestArray(result, sources[0].map { _ in 0 })
        let kernel = ElementwiseKernel(
            sizes: [sources[0].count], loads: arrays.map(\.operand),
            instructions: [
                ElementwiseInstruction(
                    operation: operation, storage: storage, resultStorage: result, destination: arrays.count,
                    sources: (0, 1, 2))
            ],
            stores: [(arrays.count, output.operand)],
            registerStorages: arrays.map(\.operand.storage) + [result])
        kernel.run(RunState())
        return output.values
    }

    static let unary: [ElementwiseOperation] = ElementwiseOperation.allCases.filter {
        $0.sourceCount == 1 && $0 != .cast && $0.isDefined(for: .float64)
    }

    @Test(arguments: [Storage.float32, .float64])
    func realOperationsMatchTheLibrary(storage: Storage) {
        let special: [Double] = [
            0, -0.0, 1, -1, 0.5, -0.5, 1.5, -1.5, 2.5, -2.5, .infinity, -.infinity, .nan, 1e-30, -1e-30, 3, -3,
            0x1p-126, 100, -100, 1000, -1000,
        ]
        var generator = TestGenerator(seed: 1)
        let random = (0..<200).map { _ in generator.uniform(-4...4) }
        var values = special + random
        if storage == .float32 { values = values.map { Double(Float($0)) } }
        let tolerance = storage == .float32 ? 4e-7 : 4e-16
        for operation in ElementwiseOperation.allCases where operation.isDefined(for: storage) {
            if operation == .cast { continue }
            var pairs: [[Double]] = [values, values, values]
            if operation.sourceCount > 1 {
                pairs[0] = values.flatMap { a in special.map { _ in a } }
                pairs[1] = values.flatMap { _ in special }.map { storage == .float32 ? Double(Float($0)) : $0 }
                pairs[2] = pairs[1].reversed()
                if operation == .select { pairs[0] = pairs[0].map { $0 > 0 ? 1 : 0 } }
            }
            let sources = Array(pairs.prefix(operation.sourceCount))
            let found = run(operation, storage, sources)
            for (index, value) in found.enumerated() {
                let (a, b, c) = (pairs[0][index], pairs[1][index], pairs[2][index])
                var expected = reference(operation, a, b, c)
                if storage == .float32 { expected = Double(Float(expected)) }
                let isClose =
                    same(value, expected) || abs(value - expected) <= tolerance * abs(expected)
                    || (storage == .float32 && abs(value - expected) < 0x1p-126)
                #expect(isClose, "\(operation)(\(a), \(b), \(c)) = \(value), expected \(expected)")
            }
        }
    }

    @Test func integerOperations() {
        let values: [Double] = [0, 1, -1, 2, -2, 3, -3, 7, -7, 10, 63, -64, 1000]
        for operation in ElementwiseOperation.allCases where operation.isDefined(for: .int64) {
            if operation == .cast { continue }
            let a = values.flatMap { a in values.map { _ in a } }
            let b = values.flatMap { _ in values }.map { operation == .power ? min($0, 4) : $0 }
            let c = Array(b.reversed())
            let condition = operation == .select ? a.map { $0 > 0 ? 1 : 0 } : a
            let found = run(operation, .int64, Array([condition, b, c].prefix(operation.sourceCount)))
            for index in found.indices {
                let expected = integerReference(operation, condition[index], b[index], c[index])
                #expect(found[index] == expected, "\(operation)(\(a[index]), \(b[index]))")
            }
        }
    }

    @Test func integersNeverTrap() {
        let least = Double(Int64.min)
        #expect(run(.divide, .int64, [[least], [-1]]) == [least])
        #expect(run(.remainder, .int64, [[least], [-1]]) == [0])
        #expect(run(.absolute, .int64, [[least]]) == [least])
        #expect(run(.subtract, .int64, [[least], [1]]) == [Double(Int64.max)])
    }

    @Test func booleanOperations() {
        for operation in ElementwiseOperation.allCases where operation.isDefined(for: .bool) && operation != .cast {
            let (a, b, c): ([Double], [Double], [Double]) = (
                [0, 0, 1, 1, 0, 0, 1, 1], [0, 1, 0, 1, 0, 1, 0, 1], [0, 0, 0, 0, 1, 1, 1, 1]
            )
            let found = run(operation, .bool, Array([a, b, c].prefix(operation.sourceCount)))
            #expect(found == a.indices.map { reference(operation, a[$0], b[$0], c[$0]) }, "\(operation)")
        }
    }

    @Test func casts() {
        let values: [Double] = [0, -0.0, 1, -1, 2.75, -2.75, .nan, .infinity, -.infinity, 1e30, -1e30, 123456]
        let storages: [Storage] = [.float32, .float64, .int64, .bool]
        for from in storages {
            for to in storages {
                let input = TestArray(from, from == .int64 ? [0, 1, -1, 5, 123456] : values)
                let found = run(.cast, from, to: to, [input.values])
                for (value, result) in zip(input.values, found) {
                    let expected: Double
                    switch to {
                    case .float32: expected = Double(Float(value))
                    case .float64: expected = value
                    case .int64: expected = value.isNaN ? 0 : Double(Int64(clamping: value))
                    case .bool: expected = value != 0 ? 1 : 0
                    }
                    #expect(same(result, expected), "\(from) \(value) to \(to): \(result)")
                }
            }
        }
    }

    /// (a - b) * c + exp(a), and whether a < b, over operands that lie in every way.
    @Test(arguments: 0..<300)
    func layouts(seed: Int) {
        var generator = TestGenerator(seed: UInt64(seed))
        let rank = generator.next(below: 5)
        var sizes = (0..<rank).map { _ in [1, 2, 3, 5, 8, 10, 17, 40][generator.next(below: 8)] }
        if seed % 10 == 0 && rank > 0 { sizes[generator.next(below: rank)] = 700 }
        if sizes.reduce(1, *) > 200_000 { sizes = sizes.map { min($0, 17) } }
        let storage: Storage = generator.next(below: 2) == 0 ? .float32 : .float64
        let layouts = (0..<5).map { _ in TestArray.Layout.allCases[generator.next(below: 4)] }
        let loads = (0..<3).map { TestArray(storage, sizes, layout: layouts[$0], generator: &generator) }
        for load in loads {
            let values = (0..<load.operand.count).map { _ in Double(Float(generator.uniform())) }
            load.fill { values[$0] }
        }
        let outputs = [storage, .bool].enumerated().map { index, storage in
            let layout = layouts[3 + index] == .broadcast ? .gaps : layouts[3 + index]
            return TestArray(storage, sizes, layout: layout, generator: &generator)
        }
        func step(_ operation: ElementwiseOperation, _ result: Storage, _ destination: Int, _ a: Int, _ b: Int)
            -> ElementwiseInstruction
        {
            ElementwiseInstruction(
                operation: operation, storage: storage, resultStorage: result, destination: destination,
                sources: (a, b, -1))
        }
        let kernel = ElementwiseKernel(
            sizes: sizes, loads: loads.map(\.operand),
            instructions: [
                step(.subtract, storage, 3, 0, 1), step(.multiply, storage, 4, 3, 2), step(.exp, storage, 5, 0, 0),
                step(.less, .bool, 6, 0, 1), step(.add, storage, 7, 4, 5),
            ],
            stores: [(7, outputs[0].operand), (6, outputs[1].operand)],
            registerStorages: Array(repeating: storage, count: 6) + [.bool, storage])
        let state = RunState()
        kernel.run(state)
        #expect(state.flops == 5 * sizes.reduce(1, *))
        let values = loads.map(\.values)
        let expected = values[0].indices.map {
            (values[0][$0] - values[1][$0]) * values[2][$0] + reference(.exp, values[0][$0], 0, 0)
        }
        #expect(close(outputs[0].values, expected, storage == .float32 ? 1e-6 : 1e-15), "sizes \(sizes)")
        let less: [Double] = zip(values[0], values[1]).map { $0 < $1 ? 1 : 0 }
        #expect(outputs[1].values == less)
    }

    /// Programs of many steps, whose registers share slots, with some results stored over loads.
    @Test(arguments: 0..<200)
    func randomPrograms(seed: Int) {
        var generator = TestGenerator(seed: UInt64(seed))
        let sizes = [[1000], [37, 10], [3, 20, 33], [5000]][generator.next(below: 4)]
        let loads = (0..<1 + generator.next(below: 4)).map { _ in
            TestArray(
                .float64, sizes, layout: TestArray.Layout.allCases[generator.next(below: 4)], generator: &generator)
        }
        for load in loads { load.fill { _ in Double(generator.next(below: 9) - 4) } }
        var registers = loads.map(\.values)
        let initial = registers
        var instructions: [ElementwiseInstruction] = []
        let operations: [ElementwiseOperation] = [.add, .subtract, .minimum, .maximum, .less, .negate, .select]
        var storages = loads.map { _ in Storage.float64 }
        var booleans: [Int] = []
        for _ in 0..<1 + generator.next(below: 30) {
            var operation = operations[generator.next(below: operations.count)]
            if operation == .select && booleans.isEmpty { operation = .add }
            let reals = storages.indices.filter { storages[$0] == .float64 }
            var sources = (0..<3).map { _ in reals[generator.next(below: reals.count)] }
            if operation == .select { sources[0] = booleans[generator.next(below: booleans.count)] }
            let result: Storage = operation == .less ? .bool : .float64
            if operation == .less { booleans.append(registers.count) }
            instructions.append(
                ElementwiseInstruction(
                    operation: operation, storage: .float64, resultStorage: result, destination: registers.count,
                    sources: (sources[0], sources[1], sources[2])))
            storages.append(result)
            let (a, b, c) = (registers[sources[0]], registers[sources[1]], registers[sources[2]])
            registers.append(a.indices.map { reference(operation, a[$0], b[$0], c[$0]) })
        }
        var stores: [(register: Int, operand: Operand)] = []
        var arrays: [TestArray] = []
        for _ in 0..<1 + generator.next(below: 4) {
            let register = generator.next(below: registers.count)
            let target = generator.next(below: 2 * loads.count)
            let isInPlace =
                target < loads.count && storages[register] == .float64
                && !loads[target].operand.strides.contains(0)
                && !arrays.contains { $0 === loads[target] }
            let array =
                isInPlace
                ? loads[target]
                : TestArray(
                    storages[register], sizes, layout: [.contiguous, .permuted][generator.next(below: 2)],
                    generator: &generator)
            arrays.append(array)
            stores.append((register, array.operand))
        }
        ElementwiseKernel(
            sizes: sizes, loads: loads.map(\.operand), instructions: instructions, stores: stores,
            registerStorages: storages
        ).run(RunState())
        for (store, array) in zip(stores, arrays) {
            #expect(array.values == registers[store.register], "register \(store.register) of \(instructions)")
        }
        for (load, values) in zip(loads, initial) where !arrays.contains(where: { $0 === load }) {
            #expect(load.values == values)
        }
    }

    @Test func inPlace() {
        // x = x + 1 and y = x (old), where the second store must not see the first.
        for layout in [TestArray.Layout.contiguous, .permuted, .gaps] {
            var generator = TestGenerator(seed: 5)
            let sizes = [30, 50, 7]
            let x = TestArray(.float64, sizes, layout: layout, generator: &generator)
            let one = TestArray(.float64, [1])
            let y = TestArray(.float64, sizes, generator: &generator)
            x.fill(Double.init)
            let broadcast = Operand(
                address: one.operand.address, storage: .float64, sizes: sizes, strides: [0, 0, 0])
            let kernel = ElementwiseKernel(
                sizes: sizes, loads: [x.operand, broadcast],
                instructions: [
                    ElementwiseInstruction(
                        operation: .add, storage: .float64, resultStorage: .float64, destination: 2,
                        sources: (0, 1, 0)),
                    // Reads the load after the result of the first was written.
                    ElementwiseInstruction(
                        operation: .multiply, storage: .float64, resultStorage: .float64, destination: 3,
                        sources: (0, 2, 0)),
                ],
                stores: [(2, x.operand), (3, y.operand)],
                registerStorages: Array(repeating: .float64, count: 4))
            kernel.run(RunState())
            let old = (0..<x.operand.count).map(Double.init)
            #expect(x.values == old.map { $0 + 1 })
            #expect(y.values == old.map { $0 * ($0 + 1) })
        }
    }

    @Test func swap() {
        let x = TestArray(.float32, [1, 2, 3])
        let y = TestArray(.float32, [4, 5, 6])
        ElementwiseKernel(
            sizes: [3], loads: [x.operand, y.operand], instructions: [],
            stores: [(1, x.operand), (0, y.operand)], registerStorages: [.float32, .float32]
        ).run(RunState())
        #expect(x.values == [4, 5, 6] && y.values == [1, 2, 3])
    }

    @Test func sameBitsWithAnyNumberOfThreads() {
        var generator = TestGenerator(seed: 9)
        let sizes = [97, 1013]
        let input = TestArray(.float32, sizes, layout: .permuted, generator: &generator)
        input.fill { _ in generator.uniform(-3...3) }
        let results = [1, 2].map { threads in
            let output = TestArray(.float32, sizes, generator: &generator)
            let kernel = ElementwiseKernel(
                sizes: sizes, loads: [input.operand],
                instructions: [
                    ElementwiseInstruction(
                        operation: .tanh, storage: .float32, resultStorage: .float32, destination: 1,
                        sources: (0, 0, 0))
                ], stores: [(1, output.operand)], registerStorages: [.float32, .float32])
            TaskArena(threads: threads).run { kernel.run(RunState()) }
            return output.bytes
        }
        #expect(results[0] == results[1])
    }

    @Test func emptyAndScalar() {
        #expect(run(.add, .float32, [[], []]) == [])
        var generator = TestGenerator(seed: 0)
        let a = TestArray(.float64, [], generator: &generator)
        let b = TestArray(.float64, [], generator: &generator)
        a.fill { _ in 3 }
        ElementwiseKernel(
            sizes: [], loads: [a.operand],
            instructions: [
                ElementwiseInstruction(
                    operation: .square, storage: .float64, resultStorage: .float64, destination: 1, sources: (0, 0, 0))
            ], stores: [(1, b.operand)], registerStorages: [.float64, .float64]
        ).run(RunState())
        #expect(b.values == [9])
    }
}

extension Int64 {
    fileprivate init(clamping value: Double) {
        self = value >= 0x1p63 ? .max : value < -0x1p63 ? .min : Int64(value)
    }
}
