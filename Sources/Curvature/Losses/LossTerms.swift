import TensorIR

/// A loss, term by term, on predictions z of (examples, terms, outputs): the value, and the first and second derivatives in z
/// that every curvature leaf is made of. Nothing here is divided by the loss's divisor (see `LossDivisor`).
///
/// No node but a block of columns is larger than z: the softmax Hessian is applied as p*u - p<p,u>, whatever the number of classes.
package protocol LossTerms {
    /// l, (examples, terms).
    func value(_ z: Node, in graph: TensorGraph) throws -> Node
    /// dl/dz, of z's shape.
    func gradient(_ z: Node, in graph: TensorGraph) throws -> Node
    /// (d2l/dz2) u for u of z's shape.
    func hessian(_ z: Node, times u: Node, in graph: TensorGraph) throws -> Node
    /// The mean over `samples` draws of a a^T u, where E[a a^T] is the loss's Hessian at z (mathematics: "ggn(samples=Y)").
    func sampledHessian(_ z: Node, times u: Node, samples: Int, seed: UInt64, in graph: TensorGraph) throws -> Node
    /// The columns r_k of R with R R^T = d2l/dz2 for each term, (outputs, examples, terms, outputs): k leads.
    func hessianRoot(_ z: Node, in graph: TensorGraph) throws -> Node
    /// Draws a with E[a a^T] = d2l/dz2, (samples, examples, terms, outputs): those that `sampledHessian` averages over.
    func scores(_ z: Node, samples: Int, seed: UInt64, in graph: TensorGraph) throws -> Node
    /// What each term counts for in averages over terms, (examples, terms); nil where all count alike.
    func termWeights(in graph: TensorGraph) throws -> Node?
}

extension TensorGraph {
    /// <a, b> over the outputs of each term, with the output axis kept for multiplication with z-shaped values.
    func outputProduct(_ a: Node, _ b: Node) throws -> Node {
        let product = try multiply(a, b)
        let axis = shape(product).rank - 1
        return try broadcast(sum(product, axes: [axis]), like: product, without: [axis])
    }
    /// (1 / samples) sum_s a_s <a_s, u> for a of (samples, examples, terms, outputs).
    func meanOuterProduct(_ a: Node, times u: Node) throws -> Node {
        let samples = shape(a)[0].inner
        let repeated = try broadcastLeading(u, size: samples)
        let projected = try multiply(a, outputProduct(a, repeated))
        return try scale(sum(projected, axes: [0]), by: 1 / Double(samples))
    }
}
