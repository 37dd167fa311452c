import Testing

@testable import Curvature

/// Every option of every loss in every leaf equals the dense definition, whatever the batch size, shared or not.
@Suite struct LossOptionTests {
    @Test(arguments: LossCase.all)
    func flat(loss: LossCase) throws { try expectDefinition(loss, .flat) }

    @Test(arguments: LossCase.all)
    func sequence(loss: LossCase) throws { try expectDefinition(loss, .sequence) }

    @Test(arguments: LossCase.all)
    func grid(loss: LossCase) throws { try expectDefinition(loss, .grid, batches: [3]) }

    @Test(arguments: LossCase.classes + LossCase.probabilities)
    func classesSecond(loss: LossCase) throws { try expectDefinition(loss, .classesSecond) }

    /// Predictions (N), and targets as well.
    @Test(arguments: LossCase.squared + LossCase.binary)
    func single(loss: LossCase) throws { try expectDefinition(loss, .single) }

    private func expectDefinition(_ loss: LossCase, _ architecture: Architecture, batches: [Int] = [1, 3, 7, 12]) throws
    {
        let sum = try LossSetup(loss, architecture, reduction: .sum)
        let mean = try LossSetup(loss, architecture, reduction: .mean)
        let definition = try DenseDefinition(sum)
        let products = (
            try definition.hessian(times: definition.block("v")), try definition.hessian(times: definition.block("V"))
        )
        let m = sum.dense.divisor
        #expect(sum.divisor == 1 && mean.divisor == m && m > 0.5 && m != 1)
        let wanted = [
            Loss.Reduction.sum: definition.values(products: products),
            .mean: definition.values(products: products, dividedBy: m),
        ]
        func expect(
            _ setup: LossSetup, _ batch: Int, isNaive: Bool = false, _ precision: Precision = .float64
        ) throws {
            let results = try valuesByName(
                DenseDefinition.requests, setup.problem, batchSize: batch, precision: precision, isNaive: isNaive
            )
            let reduction = setup.problem.loss.reduction
            for (name, values) in wanted[reduction]! {
                // The Hessian comes from finite differences.
                let tolerance = precision == .float32 ? 2e-5 : ["Hv", "HV", "mix", "MIX"].contains(name) ? 1e-9 : 1e-12
                let error = relativeError(results[name]!, values)
                #expect(
                    error < tolerance,
                    "\(name), \(reduction), batches of \(batch), \(precision)\(isNaive ? ", naive" : "")")
            }
        }
        for batch in batches { try expect(mean, batch) }
        try expect(sum, 3)
        try expect(mean, 3, isNaive: true)
        try expect(mean, 3, .float32)
        try expect(sum, 7, isNaive: true, .float32)
    }
}
