import Foundation
import Kernels
import Safetensors

/// Kronecker factors that an earlier run saved, with their decompositions and corrected eigenvalues: a plan with them in its
/// ``PlanOptions/factors`` passes over no data for them.
///
/// The file is safetensors. Its tensors are called `kfac(fisher=type2)/0.weight/output` and the like; its notes say what model, parameters, data
/// shapes and loss they are of, and a plan of another problem refuses them.
public struct FactorFile: Sendable {
    private let file: SafetensorsFile
    fileprivate static let formatKey = "format"
    fileprivate static let formatValue = "curvature factors 1"

    /// Opens and checks a file of ``Execution/saveFactors(to:)``.
    ///
    /// - Throws: ``ProblemError`` for a file that is none; `SafetensorsError` for one that cannot be read.
    public init(contentsOf url: URL) throws {
        file = try SafetensorsFile(contentsOf: url)
        guard file.metadata[Self.formatKey] == Self.formatValue else {
            throw ProblemError(
                .options, "\(file.path): expected factors that --save-factors wrote, found other tensors")
        }
    }

    /// Which parts of the operators that requests name it has.
    ///
    /// - Throws: ``ProblemError`` that says what differs, or which operator is missing.
    func parts(
        of operators: [KroneckerOptions: FactorLayout], asked: Set<KroneckerOptions>, _ problem: Problem
    ) throws -> [KroneckerOptions: Set<FactorPart>] {
        for (name, value) in try FactorStamp(problem).entries where file.metadata[name] != value {
            func short(_ text: String?) -> String {
                text.map { $0.count > 80 ? $0.prefix(77) + "..." : $0 } ?? "nothing"
            }
            throw ProblemError(
                .options,
                "\(file.path): factors of another problem: expected the \(name) '\(OneLine.plain(short(value)))', found '\(OneLine.plain(short(file.metadata[name])))'; save them again"
            )
        }
        let names = problem.parameters.map(\.name)
        func has(_ part: FactorPart, _ options: KroneckerOptions) -> Bool {
            operators[options]!.pieces(part, names: names).allSatisfy { piece in
                file["\(options)/\(piece.name)"]?.shape == piece.shape
            }
        }
        var parts: [KroneckerOptions: Set<FactorPart>] = [:]
        for own in asked.sorted(by: { $0.description < $1.description }) {
            let needed: [FactorPart] = own.form == .ekfac ? [.factors, .eigen, .corrections] : [.factors]
            guard needed.allSatisfy({ has($0, $0.options(own)) }) else {
                let there = Set(file.entries.map { OneLine.plain(String($0.name.prefix { $0 != "/" })) }).sorted()
                throw ProblemError(
                    .options,
                    "\(file.path): expected the factors of \(own), found those of \(there.joined(separator: ", ")); save them again"
                )
            }
            for part in FactorPart.allCases
            where has(part, part.options(own)) && (part != .corrections || own.form == .ekfac) {
                parts[part.options(own), default: []].insert(part)
            }
        }
        return parts
    }

    func read(
        _ part: FactorPart, _ options: KroneckerOptions, _ layout: FactorLayout, names: [String], into operand: Operand
    ) throws {
        for piece in layout.pieces(part, names: names) {
            try operand.slice(from: piece.start, sizes: piece.shape).withMutableSpan(of: Double.self) { span in
                _ = try file.read("\(options)/\(piece.name)", into: &span)
            }
        }
    }
}

extension Execution {
    /// Writes the Kronecker factors of the last run, their decompositions and corrected eigenvalues, in float64. The file appears whole or not at
    /// all.
    ///
    /// - Throws: ``ProblemError`` where no request has any.
    public func saveFactors(to url: URL) throws {
        let names = plan.problem.parameters.map(\.name)
        var tensors: [SafetensorsTensor] = []
        for value in plan.stored {
            // Sums of operators are made of these.
            guard let (part, options) = plan.operators[value].factorPart, options.mixture.isEmpty else { continue }
            let operand = resources.values[value]
            for piece in plan.operators.layouts[options]!.pieces(part, names: names) {
                let own = operand.slice(from: piece.start, sizes: piece.shape)
                tensors.append(
                    SafetensorsTensor(name: "\(options)/\(piece.name)", dtype: .f64, shape: piece.shape) { write in
                        try own.withMutableSpan(of: Double.self) { try write($0.bytes) }
                    })
            }
        }
        guard !tensors.isEmpty else {
            throw ProblemError(.options, "no request has Kronecker factors to save; expected kfac, ekfac or kfoc")
        }
        let stamp = try FactorStamp(
            plan.problem,
            values: resources.hasNewParameters
                ? (0..<resources.parameters.count).map { resources.parameters[$0].doubles } : nil)
        var metadata = Dictionary(uniqueKeysWithValues: stamp.entries.map { ($0.name, $0.value) })
        metadata[FactorFile.formatKey] = FactorFile.formatValue
        try SafetensorsWriter.write(tensors, metadata: metadata, to: url)
        withExtendedLifetime(resources) {}
    }
}

extension Quantity {
    /// What it is of a Kronecker-factored operator.
    var factorPart: (part: FactorPart, options: KroneckerOptions)? {
        switch self {
        case .kronecker(.factors(let options), _), .kronecker(.nearestFactors(let options), _): (.factors, options)
        case .kronecker(.eigen(let options), _): (.eigen, options)
        case .kronecker(.averagedCorrections(let options), _): (.corrections, options)
        case .kronecker(.loaded(let part, let options), _): (part, options)
        default: nil
        }
    }
}
