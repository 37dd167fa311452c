/// Figures as people read them, three digits of each: what the formats for people share.
enum FigureText {
    /// "12,345"
    static func count(_ value: Int) -> String {
        var digits = Array(String(value))
        var index = digits.count - 3
        while index > 0 {
            if digits[index - 1] != "-" { digits.insert(",", at: index) }
            index -= 3
        }
        return String(digits)
    }
    static func flops(_ count: Int) -> String {
        scaled(Double(count), ["flop", "kflop", "Mflop", "Gflop", "Tflop", "Pflop"])
    }
    static func rate(_ flops: Int, seconds: Double) -> String {
        scaled(Double(flops) / seconds, ["flop/s", "kflop/s", "Mflop/s", "Gflop/s", "Tflop/s"])
    }
    static func bytes(_ count: Int) -> String { MemoryUse.text(count) }
    static func time(_ seconds: Double) -> String {
        let (value, unit) =
            seconds < 1e-3 ? (seconds * 1e6, "us") : seconds < 1 ? (seconds * 1e3, "ms") : (seconds, "s")
        return "\(threeDigits(value)) \(unit)"
    }
    static func ratio(_ a: Int, _ b: Int) -> String { rounded(Double(a) / Double(b), places: 2) }
    /// "(3, 4)"
    static func shape(_ sizes: [Int]) -> String { "(" + sizes.map(String.init).joined(separator: ", ") + ")" }
    /// "vector (10)"
    static func kind(_ request: PlanDocument.RequestPart) -> String {
        request.shape.isEmpty ? request.kind : "\(request.kind) \(shape(request.shape))"
    }
    /// "1 forward, 2 tangent", each with a mark in front where it is an estimate; nothing where there are none.
    static func sweeps(_ sweeps: PlanDocument.SweepsPart, mark: String) -> String {
        [("forward", sweeps.forward), ("tangent", sweeps.tangent), ("backward", sweeps.backward)]
            .filter { $0.1 > 0 }.map { "\(mark)\(count($0.1)) \($0.0)" }.joined(separator: ", ")
    }

    private static func scaled(_ value: Double, _ units: [String]) -> String {
        var (value, unit) = (value, 0)
        while value >= 1000, unit + 1 < units.count { (value, unit) = (value / 1000, unit + 1) }
        return unit == 0 ? "\(Int(value)) \(units[0])" : "\(threeDigits(value)) \(units[unit])"
    }
    private static func threeDigits(_ value: Double) -> String {
        rounded(value, places: value < 10 ? 2 : value < 100 ? 1 : 0)
    }
    private static func rounded(_ value: Double, places: Int) -> String {
        var scale = 1.0
        for _ in 0..<places { scale *= 10 }
        let text = String((value * scale).rounded() / scale)
        return places == 0 ? String(text.prefix { $0 != "." }) : text
    }
}
