/// Nodes for some nodes of a graph: tangents, cotangents, images in a batch.
package struct NodeMap {
    /// Indices; -1 where there is none.
    private var images: [Int32]

    /// - Parameter count: The nodes that may get an image: those that the graph has now.
    package init(count: Int) { images = [Int32](repeating: -1, count: count) }

    package subscript(node: Node) -> Node? {
        get {
            let image = images[Int(node.index)]
            return image < 0 ? nil : Node(index: image)
        }
        set { images[Int(node.index)] = newValue?.index ?? -1 }
    }
}
