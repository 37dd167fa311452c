import Foundation
import Kernels
import TensorIR

/// Elementwise arithmetic on the host, in Double and in exact integers. nil where an operation is not known here, or
/// not for these elements; it is then left to the graph.
extension HostTensor {
    static func unary(_ operation: ElementwiseOperation, _ x: HostTensor) throws -> HostTensor? {
        switch (operation, x.values) {
        case (.identity, _): return x
        case (.not, .bool(let values)): return HostTensor(x.sizes, values.map(!))
        case (.isNaN, .real(let values)): return HostTensor(x.sizes, values.map(\.isNaN))
        case (.isInf, .real(let values)): return HostTensor(x.sizes, values.map(\.isInfinite))
        case (_, .real(let values)):
            guard let function = realFunction(operation) else { return nil }
            return HostTensor(x.sizes, values.map(function))
        case (.negate, .integer(let values)): return HostTensor(x.sizes, try values.map { try 0 - $0 })
        case (.sign, .integer(let values)):
            return HostTensor(x.sizes, try values.map { Extent(try Extent.order($0, 0)) })
        case (.absolute, .integer(let values)):
            return HostTensor(x.sizes, try values.map { try Extent.order($0, 0) < 0 ? try 0 - $0 : $0 })
        default: return nil
        }
    }

    private static func realFunction(_ operation: ElementwiseOperation) -> ((Double) -> Double)? {
        switch operation {
        case .negate: { -$0 }
        case .absolute: { abs($0) }
        case .sign: { $0 > 0 ? 1 : $0 < 0 ? -1 : $0 }
        case .exp: { Foundation.exp($0) }
        case .log: { Foundation.log($0) }
        case .sqrt: { $0.squareRoot() }
        case .reciprocal: { 1 / $0 }
        case .square: { $0 * $0 }
        case .sin: { Foundation.sin($0) }
        case .cos: { Foundation.cos($0) }
        case .tanh: { Foundation.tanh($0) }
        case .sigmoid: { 1 / (1 + Foundation.exp(-$0)) }
        case .relu: { $0 < 0 ? 0 : $0 }
        case .floor: { $0.rounded(.down) }
        case .ceil: { $0.rounded(.up) }
        case .round: { $0.rounded(.toNearestOrEven) }
        default: nil
        }
    }

    static func binary(_ operation: ElementwiseOperation, _ a: HostTensor, _ b: HostTensor) throws -> HostTensor? {
        let sizes = try broadcastSizes([a.sizes, b.sizes])
        guard isSmall(sizes) else { return nil }
        let (x, y) = (a.broadcast(to: sizes), b.broadcast(to: sizes))
        func map<Operand, Result>(
            _ x: [Operand], _ y: [Operand], _ function: (Operand, Operand) throws -> Result
        ) rethrows -> [Result] {
            try zip(x, y).map { try function($0, $1) }
        }
        switch (x.values, y.values) {
        case (.bool(let x), .bool(let y)):
            switch operation {
            case .and: return HostTensor(sizes, map(x, y) { $0 && $1 })
            case .or: return HostTensor(sizes, map(x, y) { $0 || $1 })
            case .xor: return HostTensor(sizes, map(x, y) { $0 != $1 })
            case .equal: return HostTensor(sizes, map(x, y) { $0 == $1 })
            default: return nil
            }
        case (.integer(let x), .integer(let y)):
            switch operation {
            // B is any size, so it equals no number.
            case .equal: return HostTensor(sizes, map(x, y) { $0 == $1 })
            case .less: return HostTensor(sizes, try map(x, y) { try Extent.order($0, $1) < 0 })
            case .lessOrEqual: return HostTensor(sizes, try map(x, y) { try Extent.order($0, $1) <= 0 })
            default:
                guard let function = integerFunction(operation) else { return nil }
                return HostTensor(sizes, try map(x, y, function))
            }
        case (.real(let x), .real(let y)):
            switch operation {
            case .equal: return HostTensor(sizes, map(x, y) { $0 == $1 })
            case .less: return HostTensor(sizes, map(x, y) { $0 < $1 })
            case .lessOrEqual: return HostTensor(sizes, map(x, y) { $0 <= $1 })
            default:
                guard let function = realFunction(of2: operation) else { return nil }
                return HostTensor(sizes, map(x, y, function))
            }
        default:
            throw GraphError(.invalid, "element types \(a.element) and \(b.element) do not go together")
        }
    }

    private static func integerFunction(_ operation: ElementwiseOperation) -> ((Extent, Extent) throws -> Extent)? {
        switch operation {
        case .add: { try $0 + $1 }
        case .subtract: { try $0 - $1 }
        case .multiply: { try $0 * $1 }
        case .divide: { try $0 / $1 }
        case .maximum: { try Extent.maximum($0, $1) }
        case .minimum: { try Extent.minimum($0, $1) }
        case .remainder: { try Extent.remainder($0, $1, truncated: false) }
        case .truncatedRemainder: { try Extent.remainder($0, $1, truncated: true) }
        case .power: { try Extent.power($0, $1) }
        default: nil
        }
    }

    private static func realFunction(of2 operation: ElementwiseOperation) -> ((Double, Double) -> Double)? {
        switch operation {
        case .add: { $0 + $1 }
        case .subtract: { $0 - $1 }
        case .multiply: { $0 * $1 }
        case .divide: { $0 / $1 }
        case .maximum: { $0.isNaN || $0 > $1 ? $0 : $1 }
        case .minimum: { $0.isNaN || $0 < $1 ? $0 : $1 }
        case .power: { Foundation.pow($0, $1) }
        case .remainder: { $1 == 0 ? .nan : $0 - $1 * ($0 / $1).rounded(.down) }
        case .truncatedRemainder: { Foundation.fmod($0, $1) }
        default: nil
        }
    }

    static func select(_ condition: HostTensor, _ a: HostTensor, _ b: HostTensor) throws -> HostTensor? {
        let sizes = try broadcastSizes([condition.sizes, a.sizes, b.sizes])
        guard isSmall(sizes) else { return nil }
        guard a.element == b.element else {
            throw GraphError(.invalid, "element types \(a.element) and \(b.element) do not go together")
        }
        // Positions of a, then of b, in one list.
        let joined = try concatenated([a.broadcast(to: sizes).flat, b.broadcast(to: sizes).flat], axis: 0)
        let count = sizes.reduce(1, *)
        let chosen = condition.broadcast(to: sizes).booleans().enumerated().map { $1 ? $0 : $0 + count }
        return joined.picking(chosen, sizes: sizes)
    }
    var flat: HostTensor { reshaped([count]) }

    static func broadcastSizes(_ all: [[Int]]) throws -> [Int] {
        try TensorGraph.broadcastShape(all.map { Shape($0) }).dimensions.map(\.inner)
    }
}
