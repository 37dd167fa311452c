import Curvature

// The MNIST multilayer perceptron: loss and gradient beside the matrix products they consist of, in turn.
let sizes = [784, 1024, 512, 256, 128, 64, 10]
let batch = 512
for threads in [1, 2] {
    var layers: [any Layer] = []
    for (index, size) in sizes.dropFirst().enumerated() {
        layers.append(Linear(size))
        if index < sizes.count - 2 { layers.append(Activation.relu) }
    }
    let model = try Model(Sequential(layers), inputShape: [sizes[0]], seed: 0)
    var state: UInt64 = 1
    let inputs = (0..<batch * sizes[0]).map { _ -> Double in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Double(state >> 40) / Double(1 << 24)
    }
    let problem = try Problem(
        model: model, loss: Loss(.crossEntropy()), inputs: ([batch, sizes[0]], inputs),
        targets: ([batch], (0..<batch).map { Int64($0 % 10) }))
    var options = PlanOptions()
    (options.batchSize, options.threads) = (batch, threads)
    let plan = try Plan(parseRequests(["loss", "gradient"], in: problem), problem: problem, options: options)
    let execution = try Execution(plan)
    let products = MatrixProducts(sizes: sizes, batch: batch)
    precondition(products.flops == plan.matmulFlops, "\(products.flops) against \(plan.matmulFlops)")
    _ = try execution.run()
    products.run(threads: threads)
    var ratios: [Double] = []
    var rates: [(Double, Double)] = []
    for _ in 0..<15 {
        let start = ContinuousClock.now
        products.run(threads: threads)
        let alone = seconds(since: start)
        _ = try execution.run()
        let whole = execution.measurement.seconds
        ratios.append(alone / whole)
        rates.append((Double(products.flops) / alone / 1e9, Double(plan.matmulFlops) / whole / 1e9))
    }
    ratios.sort()
    let median = rates.sorted { $0.1 < $1.1 }[rates.count / 2]
    print(
        "mlp 784-1024-512-256-128-64-10, batch 512, float32, \(threads) thread(s): loss, gradient \(round(median.1)) GFLOP/s; sgemm alone \(round(rates.map(\.0).sorted()[rates.count / 2])) GFLOP/s; ratio median \(round(ratios[ratios.count / 2])) (\(round(ratios.first!)) to \(round(ratios.last!)))"
    )
}

func seconds(since start: ContinuousClock.Instant) -> Double {
    let (seconds, attoseconds) = (ContinuousClock.now - start).components
    return Double(seconds) + Double(attoseconds) * 1e-18
}
func round(_ value: Double) -> Double { (value * 100).rounded() / 100 }
