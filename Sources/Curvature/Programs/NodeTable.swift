import TensorIR

/// An array with an element for each node of a graph is a table.
extension Array {
    subscript(node: Node) -> Element {
        get { self[Int(node.index)] }
        _modify { yield &self[Int(node.index)] }
    }
}

/// Lists of numbers for the nodes of a graph, the latest first: linked, in two arrays for all of them.
struct NodeLists {
    /// Where each node's list begins in `links`; -1 where it is empty.
    private var heads: [Int32]
    private var links: [(element: Int32, next: Int32)] = []

    /// - Parameter count: How many nodes the graph has.
    init(count: Int) { heads = [Int32](repeating: -1, count: count) }

    mutating func append(_ element: Int, at node: Node) {
        links.append((Int32(element), heads[node]))
        heads[node] = Int32(links.count - 1)
    }

    subscript(node: Node) -> List { List(links: links, link: Int(heads[node])) }

    struct List: Sequence, IteratorProtocol {
        fileprivate let links: [(element: Int32, next: Int32)]
        fileprivate var link: Int

        mutating func next() -> Int? {
            guard link >= 0 else { return nil }
            let (element, next) = links[link]
            link = Int(next)
            return Int(element)
        }
    }
}
