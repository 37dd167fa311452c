import TensorIR

/// One tensor program over all data, batch by batch; its results add up, or are joined, over the batches.
package struct DataPass {
    package struct Result {
        package enum Form { case scalar, parameters, examples, packed }
        package var value: Value
        package var form: Form
        /// One node, or one for each parameter; with a leading K where the value is a block.
        package var nodes: [Node]
    }
    package let graph: TensorGraph
    package let results: [Result]
    /// The plan's values that it reads as vectors; leaves name them by index.
    package let slots: [Value]
    package let sweeps: Sweeps
}
