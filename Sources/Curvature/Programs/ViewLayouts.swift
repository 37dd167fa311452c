import Kernels
import TensorIR

/// How the views of a graph read their operands' memory. That depends on nothing but the graph, so that all its schedules share it.
///
/// Layouts are decided for a batch size that no accident makes special.
struct ViewLayouts {
    static let genericExamples = 7919
    /// Views that are not row-major without gaps.
    private var scattered = NodeSet()
    /// Reshapes that are no view of their operand as it lies, but of a dense copy.
    private(set) var ofCopies = NodeSet()

    init(_ graph: TensorGraph) {
        let structure = graph.structure
        // Of scattered views; all other values are dense.
        var layouts: [Node: Operand] = [:]
        for node in graph.nodes where structure[node].nodeClass.isView {
            let operand = structure.source(node)
            let isScattered = scattered.contains(operand)
            if structure[node].nodeClass == .reshape, !isScattered { continue }
            let sizes = graph.shape(node).sizes(examples: ViewLayouts.genericExamples)
            let layout = isScattered ? layouts[operand]! : ViewLayouts.dense(operand, graph)
            guard let view = graph.primitive(node).view(layout, resultSizes: sizes) else {
                ofCopies.insert(node)
                continue
            }
            if !view.isContiguous {
                scattered.insert(node)
                layouts[node] = view
            }
        }
    }

    func isContiguous(_ node: Node) -> Bool { !scattered.contains(node) }

    /// A value by itself; nobody looks at the address.
    private static func dense(_ node: Node, _ graph: TensorGraph) -> Operand {
        Operand(
            address: UnsafeMutableRawPointer(bitPattern: 1 << 20)!, storage: graph.element(node).storage(.float64),
            sizes: graph.shape(node).sizes(examples: ViewLayouts.genericExamples))
    }
}
