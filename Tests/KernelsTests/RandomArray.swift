@testable import Kernels

/// Numbers between -1 and 1 that both precisions can hold, in one of `layouts`.
func randomArray(
    _ storage: Storage, _ sizes: [Int], layouts: [TestArray.Layout] = [.contiguous], generator: inout TestGenerator
) -> TestArray {
    let layout = layouts[generator.next(below: layouts.count)]
    let array = TestArray(storage, sizes, layout: layout, generator: &generator)
    array.fill { _ in Double(Float.random(in: -1...1, using: &generator)) }
    return array
}
