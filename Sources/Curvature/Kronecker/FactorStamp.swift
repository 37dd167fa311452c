import Kernels
import TensorIR

/// What saved factors were computed from, so that they are not taken for those of another problem.
struct FactorStamp {
    /// By name, in the order in which they are compared.
    let entries: [(name: String, value: String)]

    /// - Parameter values: The parameters' values where they are not the model's any more.
    init(_ problem: Problem, values: [[Double]]? = nil) throws {
        var numbers = Digest()
        for (index, parameter) in problem.model.parameters.enumerated() {
            if let values {
                numbers.add(values[index])
            } else {
                parameter.values.withElements { elements in
                    switch elements {
                    case .float32(let own): numbers.add(own.lazy.map(Double.init))
                    case .float64(let own): numbers.add(own)
                    }
                }
            }
        }
        let parameters = problem.parameters.map { "\($0.name) \($0.shape)" }.joined(separator: "; ")
        let data = problem.data.tensors.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value.shape)" }
        entries = [
            ("model", FactorStamp.digest(of: problem.model)), ("parameters", parameters),
            ("parameter values", numbers.text), ("data", data.joined(separator: "; ")),
            ("loss", "\(problem.loss.function), \(problem.loss.reduction)"),
            ("loss weights", try FactorStamp.digestOfWeights(problem)),
        ]
    }

    /// Class weights and the like, which come with the vectors.
    private static func digestOfWeights(_ problem: Problem) throws -> String {
        var digest = Digest()
        for name in problem.loss.tensorNames {
            let count = problem.vectors.tensors[name]!.shape.reduce(1, *)
            let memory = Memory(byteCount: 8 * count)
            defer { withExtendedLifetime(memory) {} }
            let operand = Operand(address: memory.address, storage: .float64, sizes: [count])
            try problem.vectors.read(name, from: 0, into: operand)
            digest.add(operand.doubles)
        }
        return digest.text
    }

    private static func digest(of model: Model) -> String {
        var digest = Digest()
        let nodes = model.graph.ancestors(of: [model.prediction])
        let places = Dictionary(uniqueKeysWithValues: zip(nodes, nodes.indices))
        for node in nodes {
            if let constant = model.graph.constantValue(node) {
                digest.add("\(constant.sizes)")
                switch constant.values {
                case .real(let values): digest.add(values)
                case .int64(let values): digest.add(values.lazy.map { Double($0) })
                case .bool(let values): digest.add(values.lazy.map { $0 ? 1 : 0 })
                }
            } else {
                digest.add("\(model.graph.primitive(node)) \(model.graph.type(node))")
            }
            digest.add(model.graph.operands(node).map { Double(places[$0]!) })
        }
        return digest.text
    }
}

/// 64 bits by which things are told apart that nobody forges: Fowler, Noll and Vo's function, word by word.
private struct Digest {
    private var state: UInt64 = 0xCBF2_9CE4_8422_2325

    private mutating func mix(_ word: UInt64) {
        state = (state ^ word) &* 0x100_0000_01B3
        state ^= state >> 29
    }
    mutating func add(_ text: String) {
        for byte in text.utf8 { mix(UInt64(byte)) }
        mix(UInt64(text.utf8.count))
    }
    mutating func add(_ values: some Collection<Double>) {
        for value in values { mix(value.bitPattern) }
        mix(UInt64(values.count))
    }
    var text: String { String(state, radix: 16) }
}
