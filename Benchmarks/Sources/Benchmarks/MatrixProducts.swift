import CBLAS

/// The matrix products that loss and gradient of a multilayer perceptron consist of, by OpenBLAS alone: what any library can
/// hope to reach.
struct MatrixProducts {
    private let sizes: [Int]
    private let batch: Int
    private let memory: UnsafeMutablePointer<Float>

    init(sizes: [Int], batch: Int) {
        (self.sizes, self.batch) = (sizes, batch)
        let largest = sizes.max()!
        memory = .allocate(capacity: 3 * max(largest * largest, batch * largest))
        memory.initialize(repeating: 0.5, count: 3 * max(largest * largest, batch * largest))
    }

    var flops: Int {
        let layers = zip(sizes, sizes.dropFirst()).map { 2 * batch * $0 * $1 }
        return 3 * layers.reduce(0, +) - layers[0]
    }

    func run(threads: Int) {
        openblas_set_num_threads(Int32(threads))
        let step = max(sizes.max()! * sizes.max()!, batch * sizes.max()!)
        let (a, b, c) = (memory, memory + step, memory + 2 * step)
        let n = Int32(batch)
        for (layer, (inputs, outputs)) in zip(sizes, sizes.dropFirst()).enumerated() {
            let (i, o) = (Int32(inputs), Int32(outputs))
            // y = x W^T; dW = dy^T x; dx = dy W.
            cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, n, o, i, 1, a, i, b, i, 0, c, o)
            cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, o, i, n, 1, a, o, b, i, 0, c, i)
            if layer > 0 { cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, n, i, o, 1, a, o, b, i, 0, c, i) }
        }
        openblas_set_num_threads(1)
    }
}
