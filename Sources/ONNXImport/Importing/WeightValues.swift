import Curvature

/// What a tensor's values say about whether training made it.
extension FileWeights.Weight {
    /// A scalar or a list of one value everywhere, under a name that an exporter made up: the ones and zeros of a
    /// normalization without parameters, a factor of attention scores. Parameters keep the names that they have.
    var isLikelyConstant: Bool {
        guard sizes.count == 1, FileWeights.Weight.isGenerated(name) else { return false }
        return values.withElements { elements in
            switch elements {
            case .float32(let values): values.allSatisfy { $0 == values.first }
            case .float64(let values): values.allSatisfy { $0 == values.first }
            }
        }
    }
    /// "val_12", "onnx::Mul_12", "12".
    static func isGenerated(_ name: String) -> Bool {
        let isNumbered = { (text: Substring) in !text.isEmpty && text.allSatisfy(\.isNumber) }
        if isNumbered(name[...]) { return true }
        guard name.hasPrefix("val_") || name.hasPrefix("onnx::"), let underscore = name.lastIndex(of: "_") else {
            return false
        }
        return isNumbered(name[name.index(after: underscore)...])
    }

    /// Whether two tables hold the cosines and the sines of the same angles.
    func isOtherPart(of other: FileWeights.Weight) -> Bool {
        guard sizes == other.sizes, sizes.count >= 2, values.count > 1 else { return false }
        func isOne(_ a: Double, _ b: Double) -> Bool { abs(a * a + b * b - 1) < 1e-5 }
        return values.withElements { own in
            other.values.withElements { other in
                switch (own, other) {
                case (.float32(let a), .float32(let b)): zip(a, b).allSatisfy { isOne(Double($0), Double($1)) }
                case (.float64(let a), .float64(let b)): zip(a, b).allSatisfy { isOne($0, $1) }
                default: false
                }
            }
        }
    }
}

extension FileWeights {
    /// Precomputed rotary tables: each holds the cosines or sines for which another holds the counterpart.
    func rotaryTables() -> Set<Int> {
        let candidates = parameters.indices.filter { parameters[$0].sizes.count >= 2 }
        // Most tables are told by a few values; all of them are read of the others only.
        let beginnings = Dictionary(uniqueKeysWithValues: candidates.map { ($0, parameters[$0].values.prefix(16)) })
        func mayMatch(_ first: Int, _ second: Int) -> Bool {
            zip(beginnings[first]!, beginnings[second]!).allSatisfy { abs($0 * $0 + $1 * $1 - 1) < 1e-4 }
        }
        var tables: Set<Int> = []
        for (position, first) in candidates.enumerated() {
            for second in candidates[(position + 1)...]
            where parameters[first].sizes == parameters[second].sizes && mayMatch(first, second)
                && parameters[first].isOtherPart(of: parameters[second])
            {

                tables.formUnion([first, second])
            }
        }
        return tables
    }
}
