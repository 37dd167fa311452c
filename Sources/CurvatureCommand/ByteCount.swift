import ArgumentParser

/// Sizes of memory as people write them.
enum ByteCount {
    private static let units: [(suffix: String, bytes: Double)] = [
        ("kib", 1024), ("mib", 1_048_576), ("gib", 1_073_741_824), ("tib", 1_099_511_627_776),
        ("kb", 1e3), ("mb", 1e6), ("gb", 1e9), ("tb", 1e12), ("k", 1024), ("m", 1_048_576), ("g", 1_073_741_824),
        ("b", 1),
        ("", 1),
    ]

    static func parse(_ text: String) throws -> Int {
        let lower = text.lowercased().filter { $0 != " " }
        for unit in units where lower.hasSuffix(unit.suffix) {
            guard let value = Double(lower.dropLast(unit.suffix.count)) else { continue }
            let bytes = value * unit.bytes
            guard value > 0, bytes >= 1, bytes < Double(Int.max) else { break }
            return Int(bytes)
        }
        throw ValidationError("--memory: expected a size such as 4GiB, 500MiB or 2e9, found '\(text)'")
    }
}
