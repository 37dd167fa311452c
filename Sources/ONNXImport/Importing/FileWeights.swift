import Curvature
import TensorIR

/// The floating-point initializers, decoded once: everything that could be a parameter, in the file's order. Scalars
/// are taken for constants unless they have a name that someone chose, and are never parameters unless asked for.
struct FileWeights {
    struct Weight {
        var name: String
        var sizes: [Int]
        var values: ParameterValues
    }
    let parameters: [Weight]
    /// The names of transposed copies of parameters, which are none themselves, and the positions of the parameters.
    let transposedCopies: [String: Int]
    /// Other values for the parameters, where they are given.
    let checkpoint: Checkpoint?

    init(_ file: ONNXFile, checkpoint: Checkpoint? = nil) throws {
        self.checkpoint = checkpoint
        let tensors = file.graph.initializer.filter { tensor in
            tensor.kind == .real && (!tensor.dims.isEmpty || !Weight.isGenerated(tensor.name))
        }
        let stored = try tensors.map { tensor in
            do {
                return Weight(name: tensor.name, sizes: try tensor.sizes(), values: try tensor.realValues())
            } catch let error as GraphError {
                throw ONNXImportError(.invalid, "\(file.name): initializer '\(tensor.name)': \(error.message)")
            }
        }
        // Told by the file's own values; a checkpoint has them once.
        let copies = FileWeights.transposedCopies(among: stored)
        let kept = stored.indices.filter { copies[$0] == nil }
        var names: [String: Int] = [:]
        for (copy, original) in copies { names[stored[copy].name] = kept.firstIndex(of: original)! }
        transposedCopies = names
        parameters = try kept.map { index in
            var weight = stored[index]
            if let values = try checkpoint?.values(of: weight.name, shape: weight.sizes) { weight.values = values }
            return weight
        }
    }
}

extension FileWeights.Weight {
    /// The values on the host, where an operator needs to know them now.
    func hostTensor() -> HostTensor {
        HostTensor(sizes, values.doubles)
    }
    var isFinite: Bool {
        withExtendedLifetime(values) { values.operand.firstNonFinite == nil }
    }
}
