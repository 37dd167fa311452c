/// What each new position along an axis is made of.
struct Resampling {
    /// For each new position the old ones, as many for each position.
    private(set) var taps: [[(index: Int, weight: Double)]] = []
    /// New positions that show what lies outside of the axis; their weights are zero.
    private(set) var isOutside: [Bool] = []
    /// What is shown there.
    let extrapolation: Double

    /// - Parameters:
    ///   - scale: The new size by the old, before the new one was rounded.
    ///   - crop: Where the part of the axis that is shown begins and ends, if only a part is.
    init(_ call: OperatorCall, old: Int, new: Int, scale: Double, crop: (first: Double, last: Double)?) throws {
        extrapolation = try call.float("extrapolation_value", default: 0)
        let mode = try call.string("mode", default: "nearest")
        let coordinate = try Resampling.coordinates(call, old: old, new: new, scale: scale, crop: crop)
        let rounding = try call.string("nearest_mode", default: call.opset >= 11 ? "round_prefer_floor" : "floor")
        let cubic = try call.float("cubic_coeff_a", default: -0.75)
        let excludesOutside = try call.flag("exclude_outside", default: false)
        // Against aliasing, a kernel grows as the axis shrinks.
        let stretch = try call.flag("antialias", default: false) ? min(scale, 1) : 1
        let last = Double(old - 1)
        for position in 0..<new {
            let x = coordinate(position)
            var row: [(Double, Double)]
            switch mode {
            case "nearest": row = [(try Resampling.nearest(x, rounding, call), 1)]
            case "linear": row = Resampling.kernel(at: x, reach: 1, stretch) { max(0, 1 - $0) }
            case "cubic":
                row = Resampling.kernel(at: x, reach: 2, stretch) { Resampling.cubicWeight($0, cubic) }
            default: throw call.unsupported("mode='\(mode)' is not supported; expected nearest, linear or cubic")
            }
            if excludesOutside { row = row.map { (0...last).contains($0.0) ? $0 : ($0.0, 0) } }
            if excludesOutside || stretch < 1 {
                let total = row.reduce(0) { $0 + $1.1 }
                if total != 0 { row = row.map { ($0.0, $0.1 / total) } }
            }
            isOutside.append(crop != nil && !(0...last).contains(x))
            let factor = isOutside[position] ? 0.0 : 1.0
            taps.append(row.map { (Int(min(max($0.0, 0), last)), $0.1 * factor) })
        }
    }

    /// The positions around `x` that a symmetric kernel reaches, and its values there.
    private static func kernel(
        at x: Double, reach: Int, _ stretch: Double, _ weight: (Double) -> Double
    ) -> [(Double, Double)] {
        let width = Int((Double(reach) / stretch).rounded(.up))
        let below = x.rounded(.down)
        return (1 - width...width).map { step in
            let position = below + Double(step)
            return (position, weight(abs(x - position) * stretch))
        }
    }

    private static func nearest(_ x: Double, _ rounding: String, _ call: OperatorCall) throws -> Double {
        switch rounding {
        case "round_prefer_floor": (x - 0.5).rounded(.up)
        case "round_prefer_ceil": (x + 0.5).rounded(.down)
        case "floor": x.rounded(.down)
        case "ceil": x.rounded(.up)
        default: throw call.invalid("its attribute 'nearest_mode' is '\(rounding)'")
        }
    }

    /// Keys' cubic convolution kernel.
    private static func cubicWeight(_ distance: Double, _ a: Double) -> Double {
        let d = distance
        if d <= 1 { return ((a + 2) * d - (a + 3)) * d * d + 1 }
        return d < 2 ? ((a * d - 5 * a) * d + 8 * a) * d - 4 * a : 0
    }

    /// Where a new position lies among the old ones.
    private static func coordinates(
        _ call: OperatorCall, old: Int, new: Int, scale: Double, crop: (first: Double, last: Double)?
    ) throws -> (Int) -> Double {
        let mode = try call.string(
            "coordinate_transformation_mode", default: call.opset >= 11 ? "half_pixel" : "asymmetric")
        // The new extent before it was rounded.
        let extent = scale * Double(old)
        switch mode {
        case "half_pixel": return { (Double($0) + 0.5) / scale - 0.5 }
        case "pytorch_half_pixel": return { new > 1 ? (Double($0) + 0.5) / scale - 0.5 : 0 }
        case "align_corners": return { extent > 1 ? Double($0) * Double(old - 1) / (extent - 1) : 0 }
        case "asymmetric": return { Double($0) / scale }
        case "half_pixel_symmetric":
            let adjustment = Double(new) / extent
            return { Double(old) / 2 * (1 - adjustment) + (Double($0) + 0.5) / scale - 0.5 }
        case "tf_crop_and_resize":
            let (first, last) = (crop?.first ?? 0, crop?.last ?? 1)
            return { position in
                let place =
                    extent > 1
                    ? first + Double(position) * (last - first) / (extent - 1)
                    : (first + last) / 2
                return place * Double(old - 1)
            }
        default: throw call.unsupported("coordinate_transformation_mode='\(mode)' is not supported")
        }
    }
}
