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
    /// Copies of parameters, by their names, which are no parameters themselves: the positions of the parameters, and how each is seen.
    let copies: [String: ParameterCopies.Tie]
    /// Parameters that might be copies of others.
    let doubts: [ParameterCopies.Doubt]
    /// What the weights of recurrent networks are made of.
    let recurrent: RecurrentParameters
    /// Other values for the parameters, where they are given.
    let checkpoint: Checkpoint?

    init(_ file: ONNXFile, checkpoint: Checkpoint? = nil) throws {
        self.checkpoint = checkpoint
        let recurrent = RecurrentParameters(file)
        self.recurrent = recurrent
        let tensors = file.graph.initializer.filter { tensor in
            tensor.kind == .real && (!tensor.dims.isEmpty || !Weight.isGenerated(tensor.name))
        }
        let stored = try tensors.map { tensor in
            do {
                return Weight(
                    name: tensor.name, sizes: try tensor.sizes(), values: try tensor.realValues(in: file.mapped))
            } catch let error as GraphError {
                throw ONNXImportError(.invalid, "\(file.name): initializer '\(tensor.name)': \(error.message)")
            }
        }
        // Told by the file's own values; a checkpoint has them once.
        let found = ParameterCopies(among: stored)
        let kept = stored.indices.filter { found.ties[$0] == nil }
        let places = Dictionary(uniqueKeysWithValues: kept.enumerated().map { ($1, $0) })
        copies = Dictionary(
            uniqueKeysWithValues: found.ties.map { index, tie in
                (stored[index].name, ParameterCopies.Tie(original: places[tie.original]!, view: tie.view))
            })
        doubts = found.doubts.map { doubt in
            var doubt = doubt
            (doubt.copy, doubt.original) = (places[doubt.copy]!, places[doubt.original]!)
            return doubt
        }
        parameters = try kept.map { index in
            var weight = stored[index]
            if let values = try checkpoint?.values(
                of: weight.name, shape: weight.sizes, pieces: recurrent.pieces[weight.name] ?? [])
            {
                weight.values = values
            }
            return weight
        }
    }
}

extension FileWeights.Weight {
    /// The values on the host, where an operator needs to know them now.
    func hostTensor() -> HostTensor {
        HostTensor(sizes, values.doubles)
    }
    var isFinite: Bool { values.isFinite }
}
