import Foundation
import TensorIR

/// `--parameters`: names or globs select in order, `-NAME` leaves out; nothing said selects all trainable ones.
enum ParameterSelection {
    static func select(_ patterns: [String], from model: Model) throws -> [Int] {
        let parameters = model.parameters
        let trainable = parameters.indices.filter { parameters[$0].isTrainable }
        var selected: [Int] = []
        let exclusions = patterns.filter { $0.hasPrefix("-") && !parameters.map(\.name).contains($0) }
        let inclusions = patterns.filter { !exclusions.contains($0) }
        if inclusions.isEmpty { selected = trainable }
        for pattern in inclusions {
            let matches = try matches(pattern, parameters)
            // A glob takes what is trainable; a name takes what it names.
            let chosen =
                parameters.map(\.name).contains(pattern) ? matches : matches.filter { parameters[$0].isTrainable }
            guard !chosen.isEmpty else {
                throw ProblemError(
                    .parameters,
                    "--parameters: \(OneLine.quotedName(pattern)) matches no trainable parameter; name one in full to select it"
                )
            }
            for index in chosen where !selected.contains(index) { selected.append(index) }
        }
        for pattern in exclusions {
            let left = try Set(matches(String(pattern.dropFirst()), parameters))
            selected.removeAll { left.contains($0) }
        }
        guard !selected.isEmpty else {
            throw ProblemError(
                .parameters,
                parameters.isEmpty
                    ? "the model has no parameters: it has no floating-point initializer that could be one; export it with its weights"
                    : "--parameters: no parameter is selected; 'curvature inspect' lists the model's with the reasons why each is or is not one"
            )
        }
        return selected
    }

    private static func matches(_ pattern: String, _ parameters: [Parameter]) throws -> [Int] {
        if let exact = parameters.firstIndex(where: { $0.name == pattern }) { return [exact] }
        let found = parameters.indices.filter { fnmatch(pattern, parameters[$0].name, 0) == 0 }
        guard !found.isEmpty else {
            let nearest = NearestName.suggestion(for: pattern, in: parameters.map(\.name))
            throw ProblemError(
                .parameters,
                "--parameters: no parameter is named \(OneLine.quotedName(pattern))"
                    + (nearest.isEmpty ? "; 'curvature inspect' lists the model's" : nearest))
        }
        return found
    }
}
