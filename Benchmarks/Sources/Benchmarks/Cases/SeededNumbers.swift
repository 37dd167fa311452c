/// Numbers between -1 and 1, the same on every machine (SplitMix64: Steele, Lea and Flood 2014).
struct SeededNumbers {
    private var state: UInt64
    init(seed: UInt64) { state = seed }

    private mutating func word() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
    mutating func reals(_ count: Int) -> [Double] {
        (0..<count).map { _ in Double(word() >> 11) / Double(1 << 52) - 1 }
    }
    mutating func integers(_ count: Int, below bound: Int) -> [Int64] {
        (0..<count).map { _ in Int64(word() % UInt64(bound)) }
    }
}
