extension IterationForm {
    /// What will end the iteration, and what is counted until then.
    var course: (goal: IterationProgress.Goal, unit: IterationProgress.Unit) {
        switch iteration.task {
        case .solve(let options):
            return (.residual(options.tolerance, most: options.mostIterations), .iterations)
        case .nearestKronecker, .dense: return (.open, .iterations)
        case .eigenpairs(let options): return course(options)
        case .function(let function):
            switch function {
            case .trace(let options), .frobeniusNorm(let options), .logdet(let options), .diagonal(let options):
                return course(options)
            case .singularValues(let options): return course(options)
            case .spectralDensity(let options):
                return (.total(blocks(options.samples) * min(options.depth, columns)), .products)
            case .materialize, .eigenvalues, .eigenvectors: return (.total(columns), .columns)
            }
        }
    }

    /// Restarts are seldom what ends it.
    private func course(_ options: SpectrumOptions) -> (IterationProgress.Goal, IterationProgress.Unit) {
        isDense(options) ? (.total(columns), .columns) : (.residual(options.tolerance, most: nil), .products)
    }

    private func course(_ options: EstimatorOptions) -> (IterationProgress.Goal, IterationProgress.Unit) {
        // What a sample costs in what is counted.
        let (size, unit): (Int, IterationProgress.Unit)
        switch options.method {
        case .exact, .auto: return (.total(columns), .columns)
        case .lanczosQuadrature:
            (size, unit) = (min(options.depth ?? EstimatorOptions.defaultDepth, columns), .products)
        case .hutchinson, .hutchPlusPlus, .xTrace, .xDiag: (size, unit) = (1, .samples)
        }
        func counted(_ samples: Int) -> Int { unit == .products ? blocks(samples) * size : samples }
        switch (options.budget, options.method) {
        case (.samples(let count), .xTrace), (.samples(let count), .xDiag):
            return (.total(2 * min(count / 2, columns)), unit)
        case (.samples(let count), .hutchPlusPlus):
            let sketch = 2 * min(count / 3, columns)
            return (.total(sketch + max(count - sketch, 1)), unit)
        case (.samples(let count), _): return (.total(counted(count)), unit)
        // With a sketch the error falls otherwise.
        case (.tolerance, .hutchPlusPlus), (.tolerance, .xTrace), (.tolerance, .xDiag): return (.open, unit)
        case (.tolerance(let tolerance, let most), _): return (.standardError(tolerance, most: counted(most)), unit)
        }
    }
}
