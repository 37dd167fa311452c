/// Where the first entries of a vector lie in an order.
package final class ExtremeEntriesKernel: Kernel {
    package enum Order: Hashable, Sendable {
        /// Of a pair with opposite signs the positive one comes first.
        case largestMagnitude
        case largest, smallest
    }
    private let values: Operand
    private let order: Order
    private let result: Operand
    package let matmulFlops = 0
    package let flops = 0

    /// - Parameters:
    ///   - values: float64, (n).
    ///   - result: int64, (k), k <= n.
    package init(_ values: Operand, order: Order, result: Operand) {
        precondition(values.storage == .float64 && values.isContiguous)
        precondition(result.storage == .int64 && result.isContiguous && result.count <= values.count)
        (self.values, self.order, self.result) = (values, order, result)
    }

    package func run(_ state: RunState) {
        let x = values.address.assumingMemoryBound(to: Double.self)
        func precedes(_ i: Int, _ j: Int) -> Bool {
            let (a, b) = (x[i], x[j])
            if a == b { return i < j }
            return switch order {
            case .largest: a > b
            case .smallest: a < b
            case .largestMagnitude: abs(a) == abs(b) ? a > b : abs(a) > abs(b)
            }
        }
        let count = result.count
        guard count > 0 else { return }
        var best: [Int]
        if count > 64 {
            best = Array((0..<values.count).sorted(by: precedes).prefix(count))
        } else {
            // A few among many: each entry is compared with the last of those so far.
            best = []
            best.reserveCapacity(count + 1)
            for index in 0..<values.count {
                if best.count == count, !precedes(index, best[count - 1]) { continue }
                let place = best.firstIndex { precedes(index, $0) } ?? best.count
                best.insert(index, at: place)
                if best.count > count { best.removeLast() }
            }
        }
        result.fill(best)
    }
}
