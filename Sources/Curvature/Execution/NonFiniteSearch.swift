import Kernels

/// After a result was not finite: which of the things it was made of was so first. Runs only then, so that a good run pays nothing.
struct NonFiniteSearch {
    let problem: Problem
    let parameters: ParameterStore

    /// A parameter or an element of the data; nil where all are finite.
    func firstCause() throws -> String? {
        if let parameter = parameters.firstNonFinite { return parameter }
        for (name, tensor) in problem.data.tensors.sorted(by: { $0.key < $1.key }) where !tensor.isInteger {
            let isUsed = name == "targets" || problem.model.inputs.contains { problem.dataName(of: $0) == name }
            if isUsed, let place = try firstNonFinite(name, tensor, problem.data) { return place }
        }
        for name in problem.loss.tensorNames {
            if let place = try firstNonFinite(name, problem.vectors.tensors[name]!, problem.vectors) { return place }
        }
        return nil
    }

    private func firstNonFinite(_ name: String, _ tensor: DataTensor, _ source: any DataSource) throws -> String? {
        let count = tensor.shape.reduce(1, *)
        let chunk = min(count, 1 << 16)
        let memory = Memory(byteCount: 8 * chunk)
        // An operand does not keep its memory alive.
        defer { withExtendedLifetime(memory) {} }
        for start in stride(from: 0, to: count, by: max(1, chunk)) {
            let operand = Operand(address: memory.address, storage: .float64, sizes: [min(chunk, count - start)])
            try source.read(name, from: start, into: operand)
            guard let index = operand.firstNonFinite else { continue }
            let perExample = tensor.shape.dropFirst().reduce(1, *)
            return
                "\(source.origin): \(OneLine.quotedName(name)) has one in example \((start + index) / max(1, perExample)) (element \(start + index))"
        }
        return nil
    }
}
