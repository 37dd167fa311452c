import Curvature
import Kernels
import TensorIR

/// Decides which of a file's tensors are parameters: those on which the prediction depends differentiably, but for
/// statistics, masks and tables that no training has made.
struct TrainableParameters {
    private let importer: Importer
    private let prediction: Node
    private var graph: TensorGraph { importer.graph }

    init(_ importer: Importer, prediction: Node) { (self.importer, self.prediction) = (importer, prediction) }

    /// The model's parameters in the file's order, and a line for what was left out although it might be one.
    func parameters() throws -> (parameters: [Parameter], notes: [String]) {
        let ancestors = graph.ancestors(of: [prediction])
        let present = Set(ancestors)
        let reached = reachable(avoiding: [], among: ancestors)
        let activations = activations(ancestors)
        let beforeWaves = reachable(avoiding: waves(ancestors, activations), among: ancestors)
        let beforeScores = reachable(avoiding: scoreTerms(activations), among: ancestors)
        let rotary = importer.weights.rotaryTables()
        var doubtful: [(name: String, reason: String)] = []
        let parameters = try importer.weights.parameters.enumerated().map { index, weight in
            let node = try graph.input(.parameter(index), TensorType(Shape(weight.sizes)))
            let isTrainable: Bool
            let reason: String
            if let place = importer.statistics[index] ?? statisticByName(weight.name) {
                (isTrainable, reason) = (false, "statistic of \(place)")
            } else if !present.contains(node) {
                (isTrainable, reason) = (false, "the prediction does not depend on it")
            } else if !reached.contains(node) {
                (isTrainable, reason) = (false, "the prediction depends on it, but its derivative is zero everywhere")
            } else if weight.sizes.isEmpty {
                (isTrainable, reason) = (false, "a scalar")
            } else if weight.values.count == 0 {
                (isTrainable, reason) = (false, "it has no elements")
            } else if !weight.isFinite {
                (isTrainable, reason) = (false, "it holds NaN or infinity")
            } else if importer.perExample.contains(index) {
                (isTrainable, reason) = (false, "it holds one row for each example of the batch at export")
            } else if !beforeWaves.contains(node) {
                (isTrainable, reason) = (false, "reached through sin or cos of positions only: a position table?")
                doubtful.append((weight.name, "only reached through sin or cos"))
            } else if !beforeScores.contains(node) {
                (isTrainable, reason) = (
                    false, "added to attention scores before a softmax: a mask or a position table?"
                )
                doubtful.append((weight.name, "added to attention scores"))
            } else if rotary.contains(index) {
                (isTrainable, reason) = (false, "cosines or sines of positions: a position table?")
                doubtful.append((weight.name, "cosines or sines"))
            } else if weight.isLikelyConstant {
                (isTrainable, reason) = (false, "one value everywhere, under a generated name: a constant?")
                doubtful.append((weight.name, "one value everywhere"))
            } else {
                (isTrainable, reason) = (true, "the prediction depends on it differentiably")
            }
            return Parameter(
                name: weight.name, shape: weight.sizes, isTrainable: isTrainable, reason: reason, node: node,
                values: weight.values, pieces: importer.weights.recurrent.pieces[weight.name] ?? [])
        }
        let ties = copyNotes(parameters)
        guard !doubtful.isEmpty else { return (parameters, ties) }
        let list = doubtful.map { "\($0.name) (\($0.reason))" }.joined(separator: ", ")
        return (
            parameters,
            ties + [
                "left out of the parameters as masks, position tables or constants: \(list); --parameters takes them in"
            ]
        )
    }

    /// What was taken for one parameter, and what might be one although it counts as two.
    private func copyNotes(_ parameters: [Parameter]) -> [String] {
        let weights = importer.weights
        let ties = weights.copies.sorted { $0.key < $1.key }.map { name, tie in
            "\(name) is \(tie.view.text(of: weights.parameters[tie.original].name)), a copy of a tied parameter: they count as one"
        }
        let doubts = weights.doubts.filter { parameters[$0.copy].isTrainable && parameters[$0.original].isTrainable }
        return ties
            + doubts.map { doubt in
                let (name, original) = (parameters[doubt.copy].name, parameters[doubt.original].name)
                return
                    "\(name) has the values of \(doubt.view.text(of: original)), but \(doubt.reason): they count as two parameters; "
                    + "where the network has one, export it with torch.onnx.export(..., optimize=False)"
            }
    }

    /// Normalizations that an exporter took apart leave only the names of their statistics.
    private func statisticByName(_ name: String) -> String? {
        let last = name.split(separator: ".").last ?? ""
        return last == "running_mean" || last == "running_var" ? "a normalization, by its name" : nil
    }

    /// The nodes from which a tangent reaches the prediction without passing through `blocked`.
    private func reachable(avoiding blocked: Set<Node>, among ancestors: [Node]) -> Set<Node> {
        var reached: Set<Node> = blocked.contains(prediction) ? [] : [prediction]
        for node in ancestors.reversed() where reached.contains(node) {
            let primitive = graph.primitive(node)
            for (index, operand) in graph.operands(node).enumerated() where !blocked.contains(operand) {
                guard graph.type(operand).element.isFloating, graph.type(node).element.isFloating else { continue }
                if primitive.passesTangent(of: index) { reached.insert(operand) }
            }
        }
        return reached
    }

    /// The real-valued nodes that depend on the data, positions and other integers that became numbers left aside.
    private func activations(_ ancestors: [Node]) -> Set<Node> {
        var activations: Set<Node> = []
        var ofData: Set<Node> = []
        for node in ancestors {
            let operands = graph.operands(node)
            let isReal = graph.type(node).element.isFloating
            if let leaf = graph.primitive(node) as? InputLeaf {
                guard case .data = leaf.role else { continue }
                ofData.insert(node)
                if isReal { activations.insert(node) }
                continue
            }
            if operands.contains(where: ofData.contains) { ofData.insert(node) }
            // Rows of a table, picked by the data, are activations as well.
            let picks = graph.primitive(node) is Gather && ofData.contains(operands[1])
            if isReal, picks || operands.contains(where: activations.contains) { activations.insert(node) }
        }
        return activations
    }

    /// Sines and cosines of what does not depend on activations: tables of positions.
    private func waves(_ ancestors: [Node], _ activations: Set<Node>) -> Set<Node> {
        Set(
            ancestors.filter { node in
                guard let primitive = graph.primitive(node) as? Elementwise, !activations.contains(node) else {
                    return false
                }
                return primitive.operation == .sin || primitive.operation == .cos
            })
    }

    /// What is added to products of two activations on the way to a softmax, and does not depend on activations itself.
    private func scoreTerms(_ activations: Set<Node>) -> Set<Node> {
        var terms: Set<Node> = []
        for scores in importer.softmaxInputs {
            var open = [scores]
            var found: [Node] = []
            var areAttention = false
            var visited: Set<Node> = []
            while let node = open.popLast() {
                guard visited.insert(node).inserted else { continue }
                guard activations.contains(node) else {
                    found.append(node)
                    continue
                }
                let operands = graph.operands(node)
                switch graph.primitive(node) {
                case let primitive as Elementwise:
                    switch primitive.operation {
                    case .add, .subtract: open += operands
                    // A scale is no term; it stays on the path of the scores.
                    case .multiply, .divide: open += operands.filter(activations.contains)
                    case .select: open += operands[1...].filter(activations.contains)
                    case .negate, .identity, .cast: open += operands
                    default: break
                    }
                case is Reshape, is Permute, is Broadcast, is Slice: open += operands
                case is Contract: if operands.allSatisfy(activations.contains) { areAttention = true }
                default: break
                }
            }
            if areAttention { terms.formUnion(found) }
        }
        return terms
    }
}

extension Primitive {
    /// Whether a tangent of this operand can make one of the result.
    fileprivate func passesTangent(of index: Int) -> Bool {
        switch self {
        case let elementwise as Elementwise:
            switch elementwise.operation {
            case .sign, .step, .floor, .ceil, .round: false
            case .select: index > 0
            default: true
            }
        case is Gather, is ScatterAdd: index == 0
        case is Detached, is WindowArgmax, is Sample: false
        default: true
        }
    }
}
