import Kernels

/// The requests' values, by name: memory of their own, which later runs leave alone.
public struct Results: @unchecked Sendable {
    // `@unchecked`: the memory is written once, before anybody sees it.
    /// One request's value.
    public struct Entry {
        /// The request's name; "NAME.error" for an error.
        public let name: String
        /// () for a scalar, (n) for a vector, (n, k) for a block, (N, ..., C) for predictions.
        public let shape: [Int]
        package let operand: Operand
        /// What the operand points into: an entry may outlive the results it came with.
        private let memory: Memory

        init(name: String, shape: [Int], operand: Operand, memory: Memory) {
            (self.name, self.shape, self.operand, self.memory) = (name, shape, operand, memory)
        }
        /// The elements in row-major order.
        public var values: [Double] { withExtendedLifetime(memory) { operand.doubles } }
    }
    /// In the order of the requests; then errors.
    public let entries: [Entry]
    /// The precision that the elements are stored in.
    public let precision: Precision

    /// The requests' values in their order; then the errors of those that were sampled or iterated for, as "NAME.error".
    init(_ plan: Plan, _ values: ValueStore) {
        precision = plan.options.precision
        let storage = precision.storage
        let sources = plan.roots.map { values[$0] }
        let errors = plan.roots.indices.compactMap { index in
            plan.operators.errorTerms(of: plan.roots[index]).map { (index, values.error($0)) }
        }
        let sizes =
            sources.map { ($0.count * storage.byteCount + 63) / 64 * 64 }
            + errors.map { ($0.1.entries.count * storage.byteCount + 63) / 64 * 64 }
        let memory = Memory(byteCount: sizes.reduce(0, +))
        var address = memory.address
        var entries: [Entry] = []
        for (index, source) in sources.enumerated() {
            let operand = Operand(address: address, storage: storage, sizes: source.sizes)
            if source.storage == storage {
                address.copyMemory(from: source.address, byteCount: source.count * storage.byteCount)
            } else {
                operand.fill(source.doubles)
            }
            entries.append(
                Entry(name: plan.requests[index].name, shape: source.sizes, operand: operand, memory: memory))
            address += sizes[index]
        }
        for (number, (index, error)) in errors.enumerated() {
            let operand = Operand(address: address, storage: storage, sizes: error.shape)
            operand.fill(error.entries)
            entries.append(
                Entry(
                    name: plan.requests[index].name + ".error", shape: error.shape, operand: operand, memory: memory))
            address += sizes[sources.count + number]
        }
        self.entries = entries
    }

    /// The first value of this name; nil where there is none.
    public subscript(name: String) -> Entry? { entries.first { $0.name == name } }

    /// The first value that is not finite, errors aside: what one sample says nothing about has an infinite one.
    func firstNonFinite(_ plan: Plan) -> String? {
        zip(entries, plan.requests).first { entry, request in
            guard entry.operand.firstNonFinite != nil else { return false }
            // The logarithm of a determinant of 0.
            return !(entry.shape.isEmpty && entry.values[0] == -.infinity && request.expression.containsLogdet)
        }?.0.name
    }
}
