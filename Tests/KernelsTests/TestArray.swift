@testable import Kernels

/// Memory with a strided view over it, filled and read as doubles in the view's row-major order.
final class TestArray {
    let memory: Memory
    let operand: Operand

    /// How the view lies in memory.
    enum Layout: CaseIterable {
        case contiguous
        /// Contiguous, the axes in another order.
        case permuted
        /// With gaps, and axes that run backward.
        case gaps
        /// As `contiguous`, but some axes have stride 0.
        case broadcast
    }

    init(_ storage: Storage, _ sizes: [Int], layout: Layout = .contiguous, generator: inout TestGenerator) {
        var strides = [Int](repeating: 0, count: sizes.count)
        var extent = 1
        var start = 0
        var order = Array(sizes.indices.reversed())
        if layout == .permuted { order.shuffle(using: &generator) }
        for axis in order {
            if layout == .broadcast && generator.next(below: 2) == 0 { continue }
            let gap = layout == .gaps ? generator.next(below: 3) : 0
            strides[axis] = extent + gap
            extent = (extent + gap) * sizes[axis]
            if layout == .gaps && generator.next(below: 3) == 0 {
                start += strides[axis] * max(sizes[axis] - 1, 0)
                strides[axis] = -strides[axis]
            }
        }
        extent = max(extent, 1)
        memory = Memory(byteCount: extent * storage.byteCount)
        memory.address.initializeMemory(as: UInt8.self, repeating: 0xFF, count: extent * storage.byteCount)
        operand = Operand(
            address: memory.address + start * storage.byteCount, storage: storage, sizes: sizes, strides: strides)
        if storage == .bool { fill { _ in 0 } }
    }

    convenience init(_ storage: Storage, _ values: [Double]) {
        var generator = TestGenerator(seed: 0)
        self.init(storage, [values.count], generator: &generator)
        fill { values[$0] }
    }

    /// Calls `body` with each element's number and its offset.
    private func forEach(_ body: (Int, Int) -> Void) {
        let sizes = operand.sizes
        for element in 0..<operand.count {
            var rest = element
            var offset = 0
            for axis in sizes.indices.reversed() {
                offset += rest % sizes[axis] * operand.strides[axis]
                rest /= sizes[axis]
            }
            body(element, offset)
        }
    }

    func fill(_ value: (Int) -> Double) {
        forEach { element, offset in
            let place = operand.address + offset * operand.storage.byteCount
            switch operand.storage {
            case .float32: place.storeBytes(of: Float(value(element)), as: Float.self)
            case .float64: place.storeBytes(of: value(element), as: Double.self)
            case .int64: place.storeBytes(of: Int64(value(element)), as: Int64.self)
            case .bool: place.storeBytes(of: value(element) != 0 ? 1 : 0, as: UInt8.self)
            }
        }
    }

    var values: [Double] {
        var result = [Double](repeating: 0, count: operand.count)
        forEach { element, offset in
            let place = operand.address + offset * operand.storage.byteCount
            switch operand.storage {
            case .float32: result[element] = Double(place.load(as: Float.self))
            case .float64: result[element] = place.load(as: Double.self)
            case .int64: result[element] = Double(place.load(as: Int64.self))
            case .bool: result[element] = Double(place.load(as: UInt8.self))
            }
        }
        return result
    }

    /// The bytes of the whole memory, gaps included.
    var bytes: [UInt8] {
        Array(UnsafeRawBufferPointer(start: memory.address, count: memory.byteCount))
    }
}

/// A small generator with a fixed seed (splitmix64).
struct TestGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    mutating func next(below bound: Int) -> Int { Int(next() % UInt64(bound)) }
    mutating func uniform(_ range: ClosedRange<Double> = -1...1) -> Double { Double.random(in: range, using: &self) }
}

/// Equal, NaN included.
func same(_ a: Double, _ b: Double) -> Bool { a == b || (a.isNaN && b.isNaN) }

/// Equal up to a relative and an absolute error of `tolerance`, NaN and infinities included.
func close(_ a: Double, _ b: Double, _ tolerance: Double) -> Bool {
    same(a, b) || abs(a - b) <= tolerance * max(1, abs(b))
}

func close(_ a: [Double], _ b: [Double], _ tolerance: Double) -> Bool {
    a.count == b.count && zip(a, b).allSatisfy { close($0, $1, tolerance) }
}
