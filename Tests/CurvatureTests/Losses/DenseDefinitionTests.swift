import Testing

@testable import Curvature

/// The reference itself: what the other tests compare with is checked against finite differences first.
@Suite struct DenseDefinitionTests {
    @Test(arguments: LossCase.all)
    func derivativesOfTermsAreFiniteDifferences(loss: LossCase) throws {
        let dense = try LossSetup(loss, .sequence).dense
        var numbers = SeededNumbers(seed: 11)
        let step = 1e-3
        for i in 0..<dense.terms {
            let z = numbers.array(dense.outputs, scale: 3)
            func moved(_ c: Int, _ steps: Double) -> [Double] {
                var z = z
                z[c] += steps * step
                return z
            }
            // Errors against the term's own size: many of its entries are zero.
            func expect(_ got: [Double], _ want: [Double], _ what: String) {
                let error = zip(got, want).map { abs($0 - $1) }.max()!
                #expect(error < 1e-9 * (1 + want.map(abs).max()!), "\(what) of term \(i)")
            }
            let differences = (0..<dense.outputs).map { c in
                (8 * (dense.value(i, moved(c, 1)) - dense.value(i, moved(c, -1)))
                    - (dense.value(i, moved(c, 2)) - dense.value(i, moved(c, -2)))) / (12 * step)
            }
            expect(dense.gradient(i, z), differences, "g")
            for c in 0..<dense.outputs {
                let (near, far) = (
                    zip(dense.gradient(i, moved(c, 1)), dense.gradient(i, moved(c, -1))).map { $0 - $1 },
                    zip(dense.gradient(i, moved(c, 2)), dense.gradient(i, moved(c, -2))).map { $0 - $1 }
                )
                expect(dense.hessian(i, z).column(c), zip(near, far).map { (8 * $0 - $1) / (12 * step) }, "h")
            }
        }
    }

    /// The h of a class or a bit is the mean of a a^T over all labels, weighted as the model weighs them.
    @Test(arguments: [LossCase.classes.last!, LossCase.probabilities.last!])
    func scoresOfClassesAverageToTheHessian(loss: LossCase) throws {
        let dense = try LossSetup(loss, .sequence).dense
        var numbers = SeededNumbers(seed: 12)
        let draws = 3000
        for i in 0..<dense.terms {
            let z = numbers.array(dense.outputs, scale: 2)
            var mean = Matrix(rows: dense.outputs, columns: dense.outputs)
            for k in 0..<draws {
                let a = dense.score(i, z, [(Double(k) + 0.5) / Double(draws)])
                mean =
                    mean + (1 / Double(draws))
                    * (Matrix(rows: a.count, columns: 1, a) * Matrix(rows: 1, columns: a.count, a))
            }
            #expect(zip(mean.values, dense.hessian(i, z).values).allSatisfy { abs($0 - $1) < 2e-3 })
        }
    }

    @Test(arguments: [Architecture.flat, .sequence, .grid, .single])
    func jacobianIsFiniteDifferences(architecture: Architecture) throws {
        let setup = try LossSetup(LossCase.squared[0], architecture)
        let identity = Matrix.identity(setup.problem.shape.parameters)
        let want = try DenseDefinition.differences(setup.problem, along: identity) {
            try valuesByName(["prediction"], $0)["prediction"]!
        }
        let got = try DenseDefinition(setup).jacobian
        #expect(relativeError(got.values, want.values) < 1e-9)
    }

    /// Differences of the gradient are symmetric, as long as they are exact enough to compare with.
    @Test(arguments: [LossCase.classes.last!, LossCase.squared[3], LossCase.binary.last!])
    func differencesOfTheGradientAreSymmetric(loss: LossCase) throws {
        let definition = try DenseDefinition(LossSetup(loss, .sequence))
        let hessian = try definition.hessian(times: .identity(definition.jacobian.columns))
        #expect(relativeError(hessian.transposed.values, hessian.values) < 1e-9)
        #expect(hessian.values.contains { abs($0) > 1e-3 })
        let block = definition.block("V")
        #expect(relativeError(try definition.hessian(times: block).values, (hessian * block).values) < 1e-9)
    }
}
