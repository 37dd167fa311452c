import CProcessor

/// What this machine's processor can do, and what OpenBLAS has for it.
package struct Processor: Sendable {
    /// As the system gives it; empty where it gives none.
    package var name: String
    /// OpenBLAS's kernels that run on it, best first; empty where nothing is known, or nothing can be gained.
    package var kernels: [String]

    package static let current: Processor = {
        var name = [CChar](repeating: 0, count: 128)
        cprocessor_name(&name, name.count)
        let text = String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        return Processor(name: text, features: cprocessor_features(), isAMD: cprocessor_is_amd() != 0)
    }()

    /// - Parameter features: bits of `cprocessor_feature`.
    init(name: String, features: Int32, isAMD: Bool) {
        self.name = name
        func has(_ feature: cprocessor_feature) -> Bool { features & Int32(feature.rawValue) != 0 }
        var kernels: [String] = []
        if has(CPROCESSOR_AVX512_BF16) { kernels.append("Cooperlake") }
        if has(CPROCESSOR_AVX512) { kernels.append("SkylakeX") }
        if has(CPROCESSOR_AVX2_FMA) { kernels += isAMD ? ["Zen", "Haswell"] : ["Haswell", "Zen"] }
        if has(CPROCESSOR_AVX) { kernels.append("Sandybridge") }
        if has(CPROCESSOR_SSE42) { kernels.append("Nehalem") }
        self.kernels = kernels
    }
}
