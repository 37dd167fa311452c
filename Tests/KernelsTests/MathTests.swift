import Foundation
import Testing

@testable import Kernels

/// The functions that have polynomials of their own, against the C library in a wider type.
@Suite struct MathTests {
    static let functions: [ElementwiseOperation] = [
        .exp, .expm1, .log, .log1p, .tanh, .sigmoid, .erf, .softplus, .sin, .cos,
    ]

    private func run<T>(_ operation: ElementwiseOperation, _ storage: Storage, _ sources: [[T]]) -> [T] {
        let count = sources[0].count
        let memory = (0...sources.count).map { _ in Memory(byteCount: count * MemoryLayout<T>.stride) }
        let operands = memory.map { Operand(address: $0.address, storage: storage, sizes: [count]) }
        for (source, place) in zip(sources, memory) {
            for (index, value) in source.enumerated() {
                place.address.storeBytes(of: value, toByteOffset: index * MemoryLayout<T>.stride, as: T.self)
            }
        }
        ElementwiseKernel(
            sizes: [count], loads: Array(operands.dropLast()),
            instructions: [
                ElementwiseInstruction(
                    operation: operation, storage: storage, resultStorage: storage, destination: sources.count,
                    sources: (0, 1, 2))
            ],
            stores: [(sources.count, operands.last!)], registerStorages: operands.map(\.storage)
        ).run(RunState())
        return (0..<count).map { memory.last!.address.load(fromByteOffset: $0 * MemoryLayout<T>.stride, as: T.self) }
    }

    /// Magnitudes from very small to very large, evenly on a logarithmic scale, and moderate ones, of both signs.
    private func arguments(_ exponents: ClosedRange<Double>) -> [Double] {
        var generator = TestGenerator(seed: 11)
        let wide = (0..<40000).map { _ in
            exp2(generator.uniform(exponents)) * (generator.next(below: 2) == 0 ? 1 : -1)
        }
        let moderate = (0..<40000).map { _ in generator.uniform(-20...20) }
        let nearOne = (0..<10000).map { _ in 1 + generator.uniform(-0.3...0.3) }
        let far = (0..<10000).map { _ in generator.uniform(-760...760) }
        return wide + moderate + nearOne + far
    }

    @Test(arguments: functions)
    func float32(operation: ElementwiseOperation) {
        let x = arguments(-126...127).map { Float($0) }
        let found = run(operation, .float32, [x])
        var worst = (0.0, Float(0))
        for (a, y) in zip(x, found) {
            let exact = reference(operation, Double(a), 0, 0)
            let rounded = Float(exact)
            if same(Double(rounded), Double(y)) { continue }
            // Numbers below the normal ones may lose bits.
            if abs(exact) < 0x1p-126 && abs(Double(y) - exact) <= 0x1p-149 { continue }
            let error = abs(Double(y) - exact) / Double(max(rounded.magnitude, 0x1p-126).ulp)
            if !(error <= worst.0) { worst = (error, a) }
        }
        let bound = operation == .tanh || operation == .softplus || operation == .sigmoid ? 2.5 : 2
        #expect(worst.0 < bound, "\(operation)(\(worst.1)) is \(worst.0) units off")
    }

    #if arch(x86_64)
        private func reference80(_ operation: ElementwiseOperation, _ a: Float80) -> Float80 {
            switch operation {
            case .exp: Foundation.exp(a)
            case .expm1: Foundation.expm1(a)
            case .log: Foundation.log(a)
            case .log1p: Foundation.log1p(a)
            case .tanh: Foundation.tanh(a)
            case .sigmoid: a < 0 ? Foundation.exp(a) / (1 + Foundation.exp(a)) : 1 / (1 + Foundation.exp(-a))
            case .erf: Foundation.erf(a)
            case .softplus: (a < 0 ? 0 : a) + Foundation.log1p(Foundation.exp(-abs(a)))
            case .sin: Foundation.sin(a)
            default: Foundation.cos(a)
            }
        }

        @Test(arguments: functions)
        func float64(operation: ElementwiseOperation) {
            let x = arguments(-1000...1000)
            let found = run(operation, .float64, [x])
            var worst = (Float80(0), 0.0)
            for (a, y) in zip(x, found) {
                let exact = reference80(operation, Float80(a))
                let rounded = Double(exact)
                if same(rounded, y) { continue }
                if abs(exact) < 0x1p-1022 && abs(Float80(y) - exact) <= 0x1p-1074 { continue }
                let error = abs(Float80(y) - exact) / Float80(max(rounded.magnitude, 0x1p-1022).ulp)
                if !(error <= worst.0) { worst = (error, a) }
            }
            let bound: Float80 = operation == .tanh || operation == .softplus || operation == .sigmoid ? 2.5 : 2
            #expect(worst.0 < bound, "\(operation)(\(worst.1)) is \(worst.0) units off")
        }
    #endif

    @Test func powers() {
        var generator = TestGenerator(seed: 12)
        let special: [Float] = [
            0, -0.0, 1, -1, 2, -2, 3, -3, 0.5, -0.5, 1.5, -1.5, .infinity, -.infinity, .nan, 1e30, -1e30, 16_777_216,
            -16_777_215, 0x1p-140, -0x1p-140,
        ]
        let bases =
            special.flatMap { a in special.map { _ in a } }
            + (0..<40000).map { _ in
                Float(exp2(generator.uniform(-30...30))) * (generator.next(below: 4) == 0 ? -1 : 1)
            }
        let exponents =
            special.flatMap { _ in special }
            + (0..<40000).map { _ in
                generator.next(below: 3) == 0 ? Float(generator.next(below: 9) - 4) : Float(generator.uniform(-5...5))
            }
        let found = run(.power, .float32, [bases, exponents])
        for index in bases.indices {
            let expected = Float(pow(Double(bases[index]), Double(exponents[index])))
            let error = abs(Double(found[index]) - Double(expected))
            #expect(
                same(Double(found[index]), Double(expected)) || error <= Double(expected.magnitude.ulp),
                "\(bases[index]) to \(exponents[index]) = \(found[index]), expected \(expected)")
        }
        #expect(found[1].sign == .plus && run(.power, .float32, [[Float(-0.0)], [3]])[0].sign == .minus)
    }

    @Test(arguments: functions)
    func specialValues(operation: ElementwiseOperation) {
        let x: [Double] = [
            .infinity, -.infinity, .nan, 0, -1, 1, 1e30, -1e30, 100, -100, 1000, -1000, 0x1p-1074, 0x1p-1030,
        ]
        for (a, y) in zip(x, run(operation, .float64, [x])) {
            let expected = reference(operation, a, 0, 0)
            #expect(close(y, expected, 1e-15) || abs(y - expected) < 1e-300, "\(operation)(\(a)) = \(y)")
        }
        let z: [Float] = [
            .infinity, -.infinity, .nan, 0, -1, 1, 1e30, -1e30, 100, -100, 1000, -1000, 0x1p-149, 0x1p-130,
        ]
        for (a, y) in zip(z, run(operation, .float32, [z])) {
            let expected = Double(Float(reference(operation, Double(a), 0, 0)))
            #expect(close(Double(y), expected, 4e-7), "\(operation)(\(a)) = \(y)")
        }
    }
}
