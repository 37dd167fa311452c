import Curvature
import Foundation
import Safetensors

/// Images of handwritten digits, (N, 1, 8, 8), and their classes.
struct Digits {
    static let imageShape = [1, 8, 8]
    private static let pixels = imageShape.reduce(1, *)

    let images: [Double]
    let classes: [Int64]

    init(contentsOf url: URL) throws {
        let file = try SafetensorsFile(contentsOf: url)
        images = try file.values(of: "inputs")
        classes = try file.values(of: "targets")
    }

    /// Some of the examples, in this order.
    func batch(_ rows: ArraySlice<Int>) -> Batch {
        let pixels = Digits.pixels
        return Batch(
            inputs: ([rows.count] + Digits.imageShape, rows.flatMap { images[$0 * pixels..<($0 + 1) * pixels] }),
            targets: ([rows.count], rows.map { classes[$0] }))
    }

    /// Batches of one size in random order; what is left over waits for another epoch's order.
    func batches(of size: Int, using random: inout some RandomNumberGenerator) -> [Batch] {
        let order = classes.indices.shuffled(using: &random)
        return (0..<order.count / size).map { batch(order[$0 * size..<($0 + 1) * size]) }
    }
}

struct Batch {
    let inputs: (shape: [Int], values: [Double])
    let targets: (shape: [Int], values: [Int64])
}

/// The same order of examples in every run (SplitMix64).
struct SeededOrder: RandomNumberGenerator {
    private var state: UInt64
    init(seed: UInt64) { state = seed }
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
