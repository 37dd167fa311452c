extension MatrixFunction {
    /// The named arguments in the language, those that are as they are without being written left out.
    package var argumentsText: String {
        switch self {
        case .trace(let options), .frobeniusNorm(let options), .logdet(let options), .diagonal(let options):
            options.text
        case .eigenvalues(let options), .eigenvectors(let options), .singularValues(let options): options.text
        case .spectralDensity(let options): options.text
        case .materialize: ""
        }
    }
}

extension EstimatorOptions {
    fileprivate var text: String {
        var text = ""
        if method != .auto { text += ", method=\(method.rawValue)" }
        if let samples { text += ", samples=\(samples)" }
        if let tolerance { text += ", tolerance=\(NumberText.text(of: tolerance))" }
        if seed != 0 { text += ", seed=\(seed)" }
        if let probes { text += ", probes=\(probes.rawValue)" }
        if let depth { text += ", depth=\(depth)" }
        return text
    }
}

extension SpectrumOptions {
    fileprivate var text: String {
        let plain = SpectrumOptions()
        var text = ", count=\(count)"
        if end != plain.end { text += ", which=\(end.name)" }
        if tolerance != plain.tolerance { text += ", tolerance=\(NumberText.text(of: tolerance))" }
        if maxRestarts != plain.maxRestarts { text += ", max_iterations=\(maxRestarts)" }
        if seed != 0 { text += ", seed=\(seed)" }
        if hasFloat64Basis { text += ", basis=float64" }
        return text
    }
}

extension DensityOptions {
    fileprivate var text: String {
        let plain = DensityOptions()
        var text = ""
        if samples != plain.samples { text += ", samples=\(samples)" }
        if depth != plain.depth { text += ", depth=\(depth)" }
        if points != plain.points { text += ", points=\(points)" }
        if let width { text += ", width=\(NumberText.text(of: width))" }
        if seed != 0 { text += ", seed=\(seed)" }
        return text
    }
}

extension SpectrumEnd {
    /// As the language has it.
    package var name: String {
        switch self {
        case .largestMagnitude: "largest_magnitude"
        case .largest: "largest"
        case .smallest: "smallest"
        }
    }
}
