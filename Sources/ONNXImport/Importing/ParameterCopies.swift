import Curvature
import TensorIR

/// Copies that an exporter makes of parameters.
///
/// Where a network uses a weight transposed, or a slice of it, an exporter that folds constants writes a second tensor with the same values.
/// A table of embeddings that is also the last layer's weight, an autoencoder whose decoder is its encoder transposed, rows of one tensor as
/// several layers' weights: the derivative of neither tensor would be the parameter's. So a tensor that is a view of another is that
/// parameter, seen through the view.
///
/// What counts as a copy:
/// - its name is one that an exporter makes up (`val_7`, `onnx::MatMul_12`, `permute_1`): parameters keep the names that they have;
/// - all its values are those of a slice of the other, permuted and reshaped;
/// - its values tell: four or more different ones, or two of more significant bits than anyone writes down. Zeros, ones and masks are
///   everyone's copy;
/// - there is one such view. Where several fit, or the values do not tell, the tensors stay parameters of their own, and a note says so.
struct ParameterCopies {
    /// A tensor that is a parameter seen through a view.
    struct Tie {
        var original: Int
        var view: TensorView
    }
    /// Two tensors of the same values that are not taken for one parameter.
    struct Doubt {
        var copy: Int
        var original: Int
        var view: TensorView
        var reason: String
    }
    /// By the copy's position among the weights. No original is a copy itself.
    private(set) var ties: [Int: Tie] = [:]
    private(set) var doubts: [Doubt] = []

    init(among weights: [FileWeights.Weight]) {
        let isMadeUp = weights.map { FileWeights.Weight.isMadeUp($0.name) }
        let occurrences = AnchorOccurrences(in: weights, of: isMadeUp)
        // A copy of a copy is one of the original: the largest first, and of equal ones the first in the file.
        let order = weights.indices.sorted { (weights[$1].values.count, $0) < (weights[$0].values.count, $1) }
        for (place, index) in order.enumerated() {
            guard let anchor = occurrences.anchors[index] else { continue }
            let weight = weights[index]
            var found: [(original: Int, view: TensorView, rank: Int)] = []
            for (original, positions) in occurrences.positions(of: index) where ties[original] == nil {
                // Only what was made up can be a copy of what comes later.
                guard isMadeUp[index] && !isMadeUp[original] || order[..<place].contains(original),
                    isMadeUp[index] || !isMadeUp[original]
                else { continue }
                for view in TensorView.views(of: weights[original], as: weight, anchor: anchor, at: positions) {
                    // Nothing makes an exporter write a tensor again as it is: such a match tells least.
                    let rank = isMadeUp[original] ? 2 : view.isIdentity ? 1 : 0
                    found.append((original, view, rank))
                }
            }
            guard let best = found.map(\.rank).min() else { continue }
            let candidates = found.filter { $0.rank == best }
            let first = candidates[0]
            func doubt(_ reason: String) {
                doubts.append(Doubt(copy: index, original: first.original, view: first.view, reason: reason))
            }
            if !isMadeUp[index] {
                // Names of their own make two parameters of equal values, unless this many agree in another order.
                if weight.values.count >= 16, !first.view.isIdentity, weight.isTelling { doubt("names of their own") }
            } else if !weight.isTelling {
                doubt("too few different values")
            } else if candidates.count > 1 {
                doubt("several ways to be a copy")
            } else {
                ties[index] = Tie(original: first.original, view: first.view)
            }
        }
    }
}

/// Where an element of each tensor that could be a copy occurs in others, instead of a comparison of every two tensors: one pass over all
/// values for those of made-up names, which may be slices, and none for the others, of which only permutations are looked for: these have
/// the same first element.
private struct AnchorOccurrences {
    /// More places than these tell nothing.
    private static let limit = 4096
    /// As many elements are looked at for a rare one, the first of the largest magnitude.
    private static let beginning = 4096
    /// Its position in each tensor that could be a copy.
    private(set) var anchors: [Int: Int] = [:]
    private var values: [Int: Double] = [:]
    private var found: [Int: [Int: [Int]]] = [:]

    /// The positions in other tensors, in the file's order.
    func positions(of index: Int) -> [(original: Int, positions: [Int])] {
        (found[index] ?? [:]).sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    private struct Beginning: Hashable {
        var count: Int
        var isDouble: Bool
        var first: Double
    }

    init(in weights: [FileWeights.Weight], of isMadeUp: [Bool]) {
        var alike: [Beginning: [Int]] = [:]
        for (index, weight) in weights.enumerated() where weight.values.count > 1 && !weight.sizes.isEmpty {
            let beginning = weight.values.prefix(Self.beginning)
            guard beginning.contains(where: { $0 != beginning[0] }) || weight.isVaried else { continue }
            if isMadeUp[index] {
                let anchor = beginning.indices.max { beginning[$0].magnitude < beginning[$1].magnitude }!
                (anchors[index], values[index]) = (anchor, beginning[anchor])
            } else {
                let key = Beginning(
                    count: weight.values.count, isDouble: weight.values.isDouble, first: beginning[0])
                alike[key, default: []].append(index)
            }
        }
        for group in alike.values where group.count > 1 {
            for index in group {
                anchors[index] = 0
                for other in group where other != index { found[index, default: [:]][other] = [0] }
            }
        }
        for original in weights.indices {
            let copies = values.keys.filter {
                $0 != original && weights[$0].values.isDouble == weights[original].values.isDouble
                    && weights[$0].values.count <= weights[original].values.count
            }
            if !copies.isEmpty { search(weights[original].values, original, copies.sorted()) }
        }
    }

    private mutating func search(_ values: ParameterValues, _ original: Int, _ copies: [Int]) {
        func hash(_ bits: UInt64) -> Int { Int(truncatingIfNeeded: (bits &* 0x9E37_79B9_7F4A_7C15) >> 48) }
        var wanted: [UInt64: [Int]] = [:]
        // Most elements are nobody's: a table of bits tells before the dictionary is asked.
        var mayBeWanted = [Bool](repeating: false, count: 1 << 16)
        for copy in copies {
            let value = self.values[copy]!
            let bits = values.isDouble ? value.bitPattern : UInt64(Float(value).bitPattern)
            wanted[bits, default: []].append(copy)
            mayBeWanted[hash(bits)] = true
        }
        func positions<Element>(
            _ elements: UnsafeBufferPointer<Element>, _ bits: (Element) -> UInt64
        ) -> [(position: Int, owners: [Int])] {
            mayBeWanted.withUnsafeBufferPointer { mayBeWanted in
                var hits: [(position: Int, owners: [Int])] = []
                for position in elements.indices {
                    let value = bits(elements[position])
                    guard mayBeWanted[hash(value)], let owners = wanted[value] else { continue }
                    hits.append((position, owners))
                }
                return hits
            }
        }
        values.scan { elements, start in
            let hits =
                switch elements {
                case .float32(let values): positions(values) { UInt64($0.bitPattern) }
                case .float64(let values): positions(values) { $0.bitPattern }
                }
            for (position, owners) in hits {
                for copy in owners where found[copy]?[original]?.count ?? 0 < Self.limit {
                    found[copy, default: [:]][original, default: []].append(start + position)
                }
            }
            return true
        }
    }
}

extension FileWeights.Weight {
    /// Whether nothing but a copy is likely to have these values: four different ones, or two of more than twelve significant bits.
    fileprivate var isTelling: Bool {
        var different: [Double] = []
        func tells<Element: BinaryFloatingPoint>(_ elements: UnsafeBufferPointer<Element>) -> Bool {
            for value in elements where !different.contains(Double(value)) {
                different.append(Double(value))
                if different.count == 4 { return true }
            }
            return false
        }
        values.scan { elements, _ in
            switch elements {
            case .float32(let values): !tells(values)
            case .float64(let values): !tells(values)
            }
        }
        return different.count == 4 || different.count { $0.significandWidth >= 12 } >= 2
    }

    /// Whether not all values are equal.
    fileprivate var isVaried: Bool {
        guard let first = values.prefix(1).first else { return false }
        var isVaried = false
        values.scan { elements, _ in
            switch elements {
            case .float32(let values): isVaried = values.contains { Double($0) != first }
            case .float64(let values): isVaried = values.contains { $0 != first }
            }
            return !isVaried
        }
        return isVaried
    }

    /// Whether an exporter made the name up: a number, or what it calls the result of the operation that it computed ahead. PyTorch's
    /// graphs name those after the function (`t`, `select_2`, `_unsafe_view`), others after the node ("/enc/Transpose_output_0").
    static func isMadeUp(_ name: String) -> Bool {
        if isGenerated(name) { return true }
        func withoutNumber(_ text: Substring, _ separator: String) -> Substring? {
            guard let range = text.range(of: separator, options: .backwards), range.upperBound < text.endIndex,
                text[range.upperBound...].allSatisfy(\.isNumber)
            else { return nil }
            return text[..<range.lowerBound]
        }
        if let node = withoutNumber(name[...], "_"), node.hasSuffix("_output") { return true }
        if name.hasPrefix("const_fold_opt__") || name.hasPrefix("Transpose__") { return true }
        return viewFunctions.contains(String(withoutNumber(name[...], "_") ?? name[...]))
    }
    /// Functions of PyTorch that move elements and change none.
    private static let viewFunctions: Set<String> = [
        "t", "permute", "permute_copy", "transpose", "transpose_copy", "select", "select_copy", "slice", "slice_copy",
        "narrow", "view", "view_copy",
        "_unsafe_view", "_reshape_alias", "reshape", "unsqueeze", "unsqueeze_copy", "squeeze", "squeeze_copy",
        "flatten",
        "unflatten", "clone", "alias", "detach", "contiguous", "expand", "_to_copy", "to", "getitem", "index_select",
        "unbind", "split", "split_with_sizes", "chunk", "movedim", "moveaxis", "swapaxes", "numpy_t", "as_strided",
        "lift_fresh_copy",
    ]
}
