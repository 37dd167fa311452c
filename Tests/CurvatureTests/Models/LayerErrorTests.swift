import Testing

@testable import Curvature

/// Errors name the layer, its place, and what was expected and found.
@Suite struct LayerErrorTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let layer: any Layer
        let input: [Int]
        var isInteger = false
        let text: String
        init(_ layer: any Layer, _ input: [Int], isInteger: Bool = false, _ text: String) {
            (self.layer, self.input, self.isInteger, self.text) = (layer, input, isInteger, text)
        }
        var testDescription: String { text }
    }
    static let cases = [
        Case(
            Linear(3), [2], isInteger: true, "Linear: expected real numbers, found int64 of shape (B, 2)"),
        Case(Linear(0), [2], "Linear: expected one output or more, found 0"),
        Case(
            Sequential(Linear(3), Convolution2D(2, size: 3)), [4],
            "Convolution2D '1': expected examples, channels and 2 spatial axes, found (B, 3)"),
        Case(
            Sequential(named: ["stem": Sequential(Convolution1D(3, size: 9))]), [2, 4],
            "Convolution1D 'stem.0': a window of 9 does not fit into the 4 positions of a spatial axis and paddings of 0"
        ),
        Case(
            Convolution1D(4, size: 1, groups: 3), [2, 4],
            "Convolution1D: expected groups that divide its 2 channels and 4 outputs, found 3"),
        Case(
            Convolution2D(4, size: 1, stride: 0), [2, 4, 4],
            "Convolution2D: expected strides for 2 axes, each at least 1, found [0, 0]"),
        Case(
            TransposedConvolution1D(4, size: 2, outputPadding: 1), [2, 4],
            "TransposedConvolution1D: expected an output padding from 0 and below the stride [1], found 1"),
        Case(
            MaxPooling2D(size: 2, padding: 2), [2, 4, 4],
            "MaxPooling2D: expected paddings of at most half the window [2, 2], found [2, 2]"),
        Case(GlobalAveragePooling(), [3], "GlobalAveragePooling: expected examples, channels and space, found (B, 3)"),
        Case(
            LayerNormalization(axes: 2), [3],
            "LayerNormalization: expected 1 to 1 axes of (B, 3) to normalize over, found 2"),
        Case(
            GroupNormalization(groups: 2), [3],
            "GroupNormalization: expected groups that divide its 3 channels, found 2"),
        Case(
            Embedding(5, features: 2), [3],
            "Embedding: expected integers, found real numbers of shape (B, 3); make the model's input with isInteger: true"
        ),
        Case(PositionEmbedding(2), [3, 4], "PositionEmbedding: expected at most 2 positions, found 3 in (B, 3, 4)"),
        Case(
            TransformerBlock(heads: 3, hidden: 2), [3, 4],
            "MultiHeadAttention 'attention': expected heads that divide its 4 features, found 3"),
        Case(
            Residual(Linear(2)), [3],
            "Residual: expected a body and a shortcut of one shape, found (B, 2) and (B, 3); give it another shortcut"),
        Case(Repeated(Linear(2), times: 0), [3], "Repeated: expected one time or more, found 0"),
        Case(
            Sequential(Embedding(5, features: 2), Linear(5, tiedWeight: "0.weigth")), [3], isInteger: true,
            "Linear '1': expected a parameter '0.weigth' to share, found none; did you mean '0.weight'?"),
        Case(
            Sequential(Linear(5), Linear(4, tiedWeight: "0.weight")), [3],
            "Linear '1': expected the shared parameter '0.weight' to have shape [4, 5], found [5, 3]"),
        Case(
            Sequential(named: ["a": Linear(2), "a": Linear(2)]), [2],
            "Linear 'a': there are two parameters 'a.weight'; give the layers scopes of their own, or share with 'reusing'"
        ),
        Case(
            Lambda { try $0.sum(axes: [0]) }, [2],
            "sum: axis 0 of (B, 2) is the examples'; predictions must not depend on other examples"),
        Case(
            Lambda { try $0.reshaped([3]) }, [2], "reshaped: expected extents for the 2 elements of (B, 2), found [3]"),
    ]
    @Test(arguments: cases)
    func exactText(_ example: Case) {
        let error = #expect(throws: ModelError.self) {
            try Model(example.layer, inputShape: example.input, isInteger: example.isInteger)
        }
        #expect(error?.description == example.text)
    }
}
