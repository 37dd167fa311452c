import Foundation
import Testing

@testable import Curvature

/// Functions of tensors against plain loops: one example of shape (2, 3), x, and a constant c of shape (3).
@Suite struct TensorFunctionTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let build: @Sendable (Tensor, Tensor) throws -> Tensor
        let shape: [Int]
        let reference: @Sendable (_ x: Grid, _ c: [Double], _ place: [Int]) -> Double
        init(
            _ name: String, _ shape: [Int], _ build: @escaping @Sendable (Tensor, Tensor) throws -> Tensor,
            reference: @escaping @Sendable (_ x: Grid, _ c: [Double], _ place: [Int]) -> Double
        ) {
            (self.name, self.shape, self.build, self.reference) = (name, shape, build, reference)
        }
        var testDescription: String { name }
    }

    static func row(_ x: Grid, _ i: Int) -> [Double] { (0..<3).map { x[i, $0] } }
    static func column(_ x: Grid, _ j: Int) -> [Double] { (0..<2).map { x[$0, j] } }

    static let arithmetic = [
        Case("sum", [2, 3], { try $0 + $1 }, reference: { $0[$2] + $1[$2[1]] }),
        Case("difference", [2, 3], { try $1 - $0 }, reference: { $1[$2[1]] - $0[$2] }),
        Case("product", [2, 3], { try $0 * $1 }, reference: { $0[$2] * $1[$2[1]] }),
        Case("quotient", [2, 3], { try $1 / $0 }, reference: { $1[$2[1]] / $0[$2] }),
        Case(
            "numbers", [2, 3], { x, _ in try 2 - (3 / (x + 1) - x * 4) / 5 },
            reference: { x, _, p in
                2 - (3 / (x[p] + 1) - x[p] * 4) / 5
            }),
        Case("negative", [2, 3], { x, _ in try -x }, reference: { x, _, p in -x[p] }),
        Case("power", [2, 3], { x, _ in try x.power(2.5) }, reference: { x, _, p in pow(x[p], 2.5) }),
        Case("third power", [2, 3], { x, _ in try x.power(3) }, reference: { x, _, p in x[p] * x[p] * x[p] }),
        Case("maximum", [2, 3], { try $0.maximum($1) }, reference: { max($0[$2], $1[$2[1]]) }),
        Case("minimum", [2, 3], { try $0.minimum($1) }, reference: { min($0[$2], $1[$2[1]]) }),
    ]
    static let functions: [Case] = {
        let functions: [(String, @Sendable (Tensor) throws -> Tensor, @Sendable (Double) -> Double)] = [
            ("exp", { try $0.exp() }, { exp($0) }), ("expm1", { try $0.expm1() }, { expm1($0) }),
            ("log", { try $0.log() }, { log($0) }), ("log1p", { try $0.log1p() }, { log1p($0) }),
            ("sqrt", { try $0.sqrt() }, { sqrt($0) }), ("square", { try $0.square() }, { $0 * $0 }),
            ("reciprocal", { try $0.reciprocal() }, { 1 / $0 }), ("abs", { try ($0 - 1).abs() }, { abs($0 - 1) }),
            ("sin", { try $0.sin() }, { sin($0) }), ("cos", { try $0.cos() }, { cos($0) }),
            ("erf", { try $0.erf() }, { erf($0) }), ("detached", { try $0.detached() }, { $0 }),
        ]
        return functions.map { name, build, function in
            Case(name, [2, 3], { x, _ in try build(x) }, reference: { x, _, p in function(x[p]) })
        }
    }()
    static let reductions = [
        Case("row sums", [2], { x, _ in try x.sum(axes: [-1]) }, reference: { x, _, p in row(x, p[0]).reduce(0, +) }),
        Case(
            "column means", [1, 3], { x, _ in try x.mean(axes: [1], keepsAxes: true) },
            reference: { x, _, p in
                column(x, p[1]).reduce(0, +) / 2
            }),
        Case("row maxima", [2], { x, _ in try x.max(axes: [2]) }, reference: { x, _, p in row(x, p[0]).max()! }),
        Case("column minima", [3], { x, _ in try x.min(axes: [1]) }, reference: { x, _, p in column(x, p[0]).min()! }),
        Case(
            "variance", [1, 1], { x, _ in try x.variance(axes: [1, 2], keepsAxes: true) },
            reference: { x, _, _ in
                let mean = x.values.reduce(0, +) / 6
                return x.values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 6
            }),
        Case(
            "logSumExp", [2], { x, _ in try x.logSumExp(axis: -1) },
            reference: { x, _, p in
                log(row(x, p[0]).reduce(0) { $0 + exp($1) })
            }),
    ]
    static let views = [
        Case(
            "reshaped", [3, 2], { x, _ in try x.reshaped([3, -1]) }, reference: { x, _, p in x.values[2 * p[0] + p[1]] }
        ),
        Case("transposed", [3, 2], { x, _ in try x.transposed() }, reference: { x, _, p in x[p[1], p[0]] }),
        Case(
            "transposed by order", [3, 2], { x, _ in try x.transposed([0, 2, 1]) },
            reference: { x, _, p in x[p[1], p[0]] }),
        Case("expanded", [2, 1, 3], { x, _ in try x.expanded(axis: 2) }, reference: { x, _, p in x[p[0], p[2]] }),
        Case(
            "sliced", [2, 2], { x, _ in try x.sliced(axis: 2, 0..<3, step: 2) },
            reference: { x, _, p in x[p[0], 2 * p[1]] }),
        Case("selected", [3], { x, _ in try x.selected(axis: 1, at: 1) }, reference: { x, _, p in x[1, p[0]] }),
        Case("split", [2, 1], { x, _ in try x.split(axis: 2, into: 3)[1] }, reference: { x, _, p in x[p[0], 1] }),
        Case("reversed", [2, 3], { x, _ in try x.reversed(axis: -1) }, reference: { x, _, p in x[p[0], 2 - p[1]] }),
        Case(
            "padded", [2, 6], { x, _ in try x.padded(axis: 2, before: 1, after: 2) },
            reference: { x, _, p in
                (1...3).contains(p[1]) ? x[p[0], p[1] - 1] : 0
            }),
        Case(
            "concatenated", [3, 3], { x, c in try .concatenated([x, c.expanded(axis: 0).expanded(axis: 0)], axis: 1) },
            reference: { $2[0] < 2 ? $0[$2] : $1[$2[1]] }),
        Case(
            "forEachExample", [3], { x, c in try x.sum(axes: [1]) * 0 + c.forEachExample() }, reference: { $1[$2[0]] }),
        Case(
            "gathered positions", [2, 4], { x, _ in try x.gathered(axis: 2, [2, 0, 0, 1]) },
            reference: { x, _, p in
                x[p[0], [2, 0, 0, 1][p[1]]]
            }),
        Case(
            "wherePositive", [2, 3], { x, c in try (x - 1).wherePositive(x, else: c) },
            reference: {
                $0[$2] > 1 ? $0[$2] : $1[$2[1]]
            }),
    ]
    static let products = [
        Case(
            "matmul", [2, 2], { x, _ in try x.matmul(x.transposed()) },
            reference: { x, _, p in
                (0..<3).reduce(0) { $0 + x[p[0], $1] * x[p[1], $1] }
            }),
        Case(
            "matrix times vector", [2], { try $0.matmul($1) },
            reference: { x, c, p in
                (0..<3).reduce(0) { $0 + x[p[0], $1] * c[$1] }
            }),
        Case(
            "einsum", [2, 2], { try Tensor.einsum("bij,j,bkj->bik", $0, $1, $0) },
            reference: { x, c, p in
                (0..<3).reduce(0) { $0 + x[p[0], $1] * c[$1] * x[p[1], $1] }
            }),
        Case(
            "einsum with ellipsis", [2], { x, _ in try Tensor.einsum("...j,...j->...", x, x) },
            reference: { x, _, p in
                row(x, p[0]).reduce(0) { $0 + $1 * $1 }
            }),
    ]

    @Test(arguments: arithmetic + functions + reductions + views + products)
    func value(_ example: Case) throws {
        let layer = Lambda { x in
            try example.build(x, x.builder.constant([0.5, 1.25, 2], shape: [3]))
        }
        let model = try Model(WithParameter(layer: layer), inputShape: [2, 3])
        var numbers = SeededNumbers(seed: 9)
        // Positive, for roots and logarithms.
        let values = numbers.array(12).map { $0 + 1.2 }
        let found = try model.predictions(Grid([2, 2, 3], values))
        let wanted = (0..<2).flatMap { n in
            let x = Grid([2, 3], Array(values[6 * n..<6 * n + 6]))
            return Grid(example.shape) { example.reference(x, [0.5, 1.25, 2], $0) }.values
        }
        // A prediction that is one number for each example gets an axis of outputs.
        #expect(found.shape == [2] + example.shape)
        #expect(relativeError(found.values, wanted) < 1e-13)
    }

    struct ErrorCase: Sendable, CustomTestStringConvertible {
        let text: String
        let build: @Sendable (Tensor) throws -> Tensor
        init(_ text: String, _ build: @escaping @Sendable (Tensor) throws -> Tensor) {
            (self.text, self.build) = (text, build)
        }
        var testDescription: String { text }
    }
    static let errors = [
        ErrorCase("'+': shapes (B, 2, 3) and (B, 3, 2) do not broadcast") { try $0 + $0.transposed() },
        ErrorCase("matmul: expected as many columns as rows, found (B, 2, 3) and (B, 2, 3)") { try $0.matmul($0) },
        ErrorCase("sum: axis 3 is none of the 3 axes of (B, 2, 3)") { try $0.sum(axes: [3]) },
        ErrorCase("sum: the axes [1, -2] name one axis twice") { try $0.sum(axes: [1, -2]) },
        ErrorCase("softmax: axis 0 of (B, 2, 3) is the examples'; predictions must not depend on other examples") {
            try $0.softmax(axis: 0)
        },
        ErrorCase("squeezed: expected an axis of extent 1, found 2 along axis 1 of (B, 2, 3)") {
            try $0.squeezed(axis: 1)
        },
        ErrorCase("sliced: expected a range within the 2 positions of axis 1 and a positive step, found 1..<3 by 1") {
            try $0.sliced(axis: 1, 1..<3)
        },
        ErrorCase("gathered: expected integer indices, found real of shape (B, 2, 3)") { try $0.gathered($0) },
        ErrorCase("oneHot: expected integers and a positive count, found real of shape (B, 2, 3) and 4") {
            try $0.oneHot(4)
        },
        ErrorCase("transposed: expected each of the 3 axes of (B, 2, 3) once, found [0, 1]") {
            try $0.transposed([0, 1])
        },
        ErrorCase("split: the 3 positions of axis 2 do not split into 2 equal parts") {
            try $0.split(axis: 2, into: 2)[0]
        },
        ErrorCase("einsum 'ij->i': the equation's term 'ij' does not go with 3 axes") { try .einsum("ij->i", $0) },
        ErrorCase("forEachExample: expected a tensor without examples that fits 4 axes, found (B, 2, 3)") {
            try $0.forEachExample()
        },
        ErrorCase("concatenated: expected one tensor or more, found none") { _ in try .concatenated([], axis: 1) },
        // Only the model as a whole shows that examples meet.
        ErrorCase("sum: it sums over the examples; predictions must not depend on other examples") {
            try Tensor.einsum("bij->ij", $0)
        },
    ]
    @Test(arguments: errors)
    func exactText(_ example: ErrorCase) throws {
        let builder = try ModelBuilder(inputShape: [2, 3])
        let error = #expect(throws: ModelError.self) {
            try (example.build(builder.input) + builder.input).model()
        }
        #expect(error?.description == example.text)
    }
}
