import Foundation

@testable import Curvature

/// What layers make of one example, as plain loops over float64.
struct LayerReferences {
    let parameters: [String: Grid]
    func parameter(_ name: String) -> Grid { parameters[name]! }

    /// The same with names that begin with `name`, which is cut off.
    func child(_ name: String) -> LayerReferences {
        LayerReferences(
            parameters: Dictionary(
                uniqueKeysWithValues: parameters.compactMap { key, value in
                    key.hasPrefix(name + ".") ? (String(key.dropFirst(name.count + 1)), value) : nil
                }))
    }

    func linear(_ x: Grid) -> Grid {
        let weight = parameter("weight")
        return Grid(Array(x.shape.dropLast()) + [weight.shape[0]]) { place in
            var sum = parameters["bias"]?[place.last!] ?? 0
            for i in 0..<weight.shape[1] { sum += weight[place.last!, i] * x[Array(place.dropLast()) + [i]] }
            return sum
        }
    }

    func convolution(_ x: Grid, _ window: LayerWindow, groups: Int) -> Grid {
        let weight = parameter("weight")
        let (outputs, inputs) = (weight.shape[0], weight.shape[1])
        let space = window.sizes.indices.map { axis in
            (x.shape[axis + 1] + 2 * window.paddings[axis] - window.dilations[axis] * (window.sizes[axis] - 1) - 1)
                / window.strides[axis] + 1
        }
        return Grid([outputs] + space) { place in
            var sum = parameters["bias"]?[place[0]] ?? 0
            let first = place[0] / (outputs / groups) * inputs
            for tap in Grid.places([inputs] + window.sizes) {
                let source = [first + tap[0]] + sources(window, Array(place[1...]), Array(tap[1...]))
                if x.contains(source) { sum += weight[[place[0]] + tap] * x[source] }
            }
            return sum
        }
    }
    /// Scatters instead of gathering.
    func transposedConvolution(_ x: Grid, _ window: LayerWindow, outputPadding: Int, groups: Int) -> Grid {
        let weight = parameter("weight")
        let outputs = weight.shape[1] * groups
        let space = window.sizes.indices.map { axis in
            (x.shape[axis + 1] - 1) * window.strides[axis] + window.dilations[axis] * (window.sizes[axis] - 1) + 1
                - 2 * window.paddings[axis] + outputPadding
        }
        var result = Grid([outputs] + space) { parameters["bias"]?[$0[0]] ?? 0 }
        for place in Grid.places(x.shape) {
            let group = place[0] / (x.shape[0] / groups)
            for tap in Grid.places(Array(weight.shape[1...])) {
                let target = [group * weight.shape[1] + tap[0]] + sources(window, Array(place[1...]), Array(tap[1...]))
                if result.contains(target) { result[target] += weight[[place[0]] + tap] * x[place] }
            }
        }
        return result
    }
    /// Where a window's taps lie.
    private func sources(_ window: LayerWindow, _ place: [Int], _ tap: [Int]) -> [Int] {
        place.indices.map { axis in
            place[axis] * window.strides[axis] + tap[axis] * window.dilations[axis] - window.paddings[axis]
        }
    }

    func pooling(_ x: Grid, _ window: LayerWindow, _ combine: (_ inside: [Double], _ taps: Int) -> Double) -> Grid {
        let space = window.sizes.indices.map { axis in
            (x.shape[axis + 1] + 2 * window.paddings[axis] - window.dilations[axis] * (window.sizes[axis] - 1) - 1)
                / window.strides[axis] + 1
        }
        return Grid([x.shape[0]] + space) { place in
            let taps = Grid.places(window.sizes)
            let inside = taps.map { [place[0]] + sources(window, Array(place[1...]), $0) }.filter(x.contains)
            return combine(inside.map { x[$0] }, taps.count)
        }
    }

    func batchNormalization(_ x: Grid) -> Grid {
        Grid(x.shape) { place in
            let c = place[0]
            let deviation = (parameter("running_var")[c] + 1e-5).squareRoot()
            return (x[place] - parameter("running_mean")[c]) / deviation * parameter("weight")[c] + parameter("bias")[c]
        }
    }
    /// Over the last axes; `isCentred` makes the difference between layer and RMS normalization.
    func normalization(_ x: Grid, axes: Int = 1, isCentred: Bool = true) -> Grid {
        let split = x.shape.count - axes
        return Grid(x.shape) { place in
            let row = Grid.places(Array(x.shape[split...])).map { x[Array(place[..<split]) + $0] }
            let mean = isCentred ? row.reduce(0, +) / Double(row.count) : 0
            let variance = row.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(row.count)
            let last = Array(place[split...])
            return (x[place] - mean) / (variance + 1e-5).squareRoot() * parameter("weight")[last]
                + (parameters["bias"]?[last] ?? 0)
        }
    }
    func groupNormalization(_ x: Grid, groups: Int) -> Grid {
        let width = x.shape[0] / groups
        return Grid(x.shape) { place in
            let row = Grid.places(x.shape).filter { $0[0] / width == place[0] / width }.map { x[$0] }
            let mean = row.reduce(0, +) / Double(row.count)
            let variance = row.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(row.count)
            return (x[place] - mean) / (variance + 1e-5).squareRoot() * parameter("weight")[place[0]]
                + parameter("bias")[place[0]]
        }
    }

    func attention(_ x: Grid, heads: Int, isCausal: Bool) -> Grid {
        let (query, key, value) = (child("query").linear(x), child("key").linear(x), child("value").linear(x))
        let (positions, features) = (x.shape[0], x.shape[1])
        let width = features / heads
        var mixed = Grid(x.shape) { _ in 0 }
        for head in 0..<heads {
            for row in 0..<positions {
                let seen = isCausal ? row + 1 : positions
                let weights = (0..<seen).map { column in
                    exp(
                        (0..<width).reduce(0) { $0 + query[row, head * width + $1] * key[column, head * width + $1] }
                            / Double(width).squareRoot())
                }
                let total = weights.reduce(0, +)
                for i in 0..<width {
                    mixed[[row, head * width + i]] =
                        (0..<seen).reduce(0) { $0 + weights[$1] * value[$1, head * width + i] } / total
                }
            }
        }
        return child("output").linear(mixed)
    }
    func feedForward(_ x: Grid, _ activation: (Double) -> Double) -> Grid {
        child("2").linear(child("0").linear(x).map(activation))
    }
    static func gelu(_ x: Double) -> Double { x * 0.5 * (1 + erf(x / 2.0.squareRoot())) }
}
