/// How a file's parameters are ordered, beside how the network has them.
package struct ParameterOrder: Hashable, Sendable {
    /// Those that the network uses, as indices into the model's, in the order of their first use.
    package let use: [Int]
    /// Those that an exporter made of the network's own: transposed, joined or with their rows in another order.
    package let made: Set<Int>

    package init(use: [Int], made: Set<Int>) { (self.use, self.made) = (use, made) }
}
