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
        let occurrences = AnchorOccurrences(in: weights)
        // A copy of a copy is one of the original: the largest first, and of equal ones the first in the file.
        let order = weights.indices.sorted { (weights[$1].values.count, $0) < (weights[$0].values.count, $1) }
        for (place, index) in order.enumerated() {
            guard let anchor = occurrences.anchors[index] else { continue }
            let weight = weights[index]
            let isMadeUp = FileWeights.Weight.isMadeUp(weight.name)
            var found: [(original: Int, view: TensorView, rank: Int)] = []
            for (original, positions) in occurrences.positions(of: index) where ties[original] == nil {
                let other = weights[original]
                let isOriginalMadeUp = FileWeights.Weight.isMadeUp(other.name)
                // Only what was made up can be a copy of what comes later.
                guard isMadeUp && !isOriginalMadeUp || order[..<place].contains(original),
                    isMadeUp || !isOriginalMadeUp
                else { continue }
                for view in TensorView.views(of: other, as: weight, anchor: anchor, at: positions) {
                    // Nothing makes an exporter write a tensor again as it is: such a match tells least.
                    let rank = isOriginalMadeUp ? 2 : view.isIdentity ? 1 : 0
                    found.append((original, view, rank))
                }
            }
            guard let best = found.map(\.rank).min() else { continue }
            let candidates = found.filter { $0.rank == best }
            let first = candidates[0]
            if !isMadeUp {
                // Names of their own make two parameters of equal values, unless this many agree in another order.
                if weight.values.count >= 16, !first.view.isIdentity, weight.isTelling {
                    doubts.append(
                        Doubt(copy: index, original: first.original, view: first.view, reason: "names of their own"))
                }
            } else if !weight.isTelling {
                doubts.append(
                    Doubt(copy: index, original: first.original, view: first.view, reason: "too few different values"))
            } else if candidates.count > 1 {
                doubts.append(
                    Doubt(copy: index, original: first.original, view: first.view, reason: "several ways to be a copy"))
            } else {
                ties[index] = Tie(original: first.original, view: first.view)
            }
        }
    }
}

/// Where the values that tell tensors apart occur in others: one pass over all of them, instead of one for each pair.
private struct AnchorOccurrences {
    /// More places than these tell nothing.
    private static let limit = 256
    /// The position of the first element of the largest magnitude in each tensor that could be a copy: a rare value.
    private(set) var anchors: [Int: Int] = [:]
    private var found: [Int: [Int: [Int]]] = [:]

    /// The positions in other tensors, in the file's order.
    func positions(of index: Int) -> [(original: Int, positions: [Int])] {
        (found[index] ?? [:]).sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    init(in weights: [FileWeights.Weight]) {
        for (index, weight) in weights.enumerated() where weight.values.count > 1 && !weight.sizes.isEmpty {
            anchors[index] = weight.values.withElements { elements in
                switch elements {
                case .float32(let values): Self.anchor(values)
                case .float64(let values): Self.anchor(values)
                }
            }
        }
        for isDouble in [false, true] {
            let copies = anchors.keys.filter { weights[$0].values.isDouble == isDouble }.sorted()
            guard copies.count > 1 else { continue }
            for original in weights.indices where weights[original].values.isDouble == isDouble {
                weights[original].values.withElements { elements in
                    switch elements {
                    case .float32(let values): search(values, original, copies, weights) { UInt64($0.bitPattern) }
                    case .float64(let values): search(values, original, copies, weights) { $0.bitPattern }
                    }
                }
            }
        }
    }

    /// nil where all elements are equal.
    private static func anchor<Element: BinaryFloatingPoint>(_ values: UnsafeBufferPointer<Element>) -> Int? {
        var (best, magnitude): (Int?, Element) = (nil, 0)
        var differs = false
        for index in values.indices {
            if values[index] != values[0] { differs = true }
            if values[index].magnitude > magnitude { (best, magnitude) = (index, values[index].magnitude) }
        }
        return differs ? best : nil
    }

    private mutating func search<Element: BinaryFloatingPoint>(
        _ values: UnsafeBufferPointer<Element>, _ original: Int, _ copies: [Int], _ weights: [FileWeights.Weight],
        bits: (Element) -> UInt64
    ) {
        func hash(_ bits: UInt64) -> Int { Int(truncatingIfNeeded: (bits &* 0x9E37_79B9_7F4A_7C15) >> 48) }
        var wanted: [UInt64: [Int]] = [:]
        // Most elements are nobody's: a table of bits tells before the dictionary is asked.
        var mayBeWanted = [Bool](repeating: false, count: 1 << 16)
        for copy in copies where copy != original && weights[copy].values.count <= values.count {
            let value = weights[copy].values.bits(at: anchors[copy]!)
            wanted[value, default: []].append(copy)
            mayBeWanted[hash(value)] = true
        }
        guard !wanted.isEmpty else { return }
        mayBeWanted.withUnsafeBufferPointer { mayBeWanted in
            for position in values.indices {
                let value = bits(values[position])
                guard mayBeWanted[hash(value)], let owners = wanted[value] else { continue }
                for copy in owners where found[copy]?[original]?.count ?? 0 < Self.limit {
                    found[copy, default: [:]][original, default: []].append(position)
                }
            }
        }
    }
}

extension ParameterValues {
    fileprivate func bits(at index: Int) -> UInt64 {
        withElements { elements in
            switch elements {
            case .float32(let values): UInt64(values[index].bitPattern)
            case .float64(let values): values[index].bitPattern
            }
        }
    }
}

extension FileWeights.Weight {
    /// Whether nothing but a copy is likely to have these values: four different ones, or two of more than twelve significant bits.
    fileprivate var isTelling: Bool {
        func tells<Element: BinaryFloatingPoint>(_ values: UnsafeBufferPointer<Element>) -> Bool {
            var different: [Element] = []
            for value in values where !different.contains(value) {
                different.append(value)
                if different.count == 4 { return true }
            }
            return different.count { $0.significandWidth >= 12 } >= 2
        }
        return values.withElements { elements in
            switch elements {
            case .float32(let values): tells(values)
            case .float64(let values): tells(values)
            }
        }
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
