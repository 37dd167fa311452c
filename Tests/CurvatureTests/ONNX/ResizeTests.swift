import Testing

@testable import ONNXImport

/// Resampling of one row, by numbers from other sources.
@Suite struct ResizeTests {
    typealias Attribute = ONNXTestModel.Attribute
    static let row: [Double] = [1, 2, 4, 8, 16, -3, 5]

    static func resized(
        _ row: [Double], size: Int, _ attributes: [String: Attribute], region: [Double] = []
    ) throws -> [Double] {
        try OperatorTests.apply(
            "Resize", [1, row.count], row,
            [
                OperatorTests.reals([region.count], region), OperatorTests.reals([0], []),
                OperatorTests.list([1, 1, size]),
            ],
            attributes, opset: 19)
    }

    /// By `torch.nn.functional.interpolate(..., antialias=True)`, which leaves out what is outside.
    @Test func antialiased() throws {
        let options: [String: Attribute] = ["antialias": .int(1), "exclude_outside": .int(1)]
        let linear = try Self.resized(Self.row, size: 3, options.merging(["mode": .string("linear")]) { $1 })
        #expect(OperatorTests.isClose(linear, [2.0714285714285725, 7.941176470588235, 3.928571428571429]))
        let cubic = try Self.resized(
            Self.row, size: 3, options.merging(["mode": .string("cubic"), "cubic_coeff_a": .float(-0.5)]) { $1 })
        #expect(OperatorTests.isClose(cubic, [1.6129032258064495, 8.641025641025642, 3.8790322580645147]))
    }

    /// Where an axis grows, nothing is to be smoothed.
    @Test func antialiasingOfALargerSize() throws {
        for mode in ["linear", "cubic"] {
            let plain = try Self.resized(Self.row, size: 10, ["mode": .string(mode)])
            #expect(try Self.resized(Self.row, size: 10, ["mode": .string(mode), "antialias": .int(1)]) == plain)
        }
    }

    /// From 0.25 to 1.25 of the positions 0 to 4: 1, 2, 3, 4 and 5, which is outside.
    @Test func cropped() throws {
        let options: [String: Attribute] = [
            "coordinate_transformation_mode": .string("tf_crop_and_resize"), "mode": .string("linear"),
            "extrapolation_value": .float(-7),
        ]
        let row: [Double] = [10, 20, 40, 80, 90]
        let found = try Self.resized(row, size: 5, options, region: [0, 0, 0.25, 1, 1, 1.25])
        #expect(OperatorTests.isClose(found, [20, 40, 80, 90, -7]))
        // Half positions, and a size of one, which shows the middle.
        #expect(
            OperatorTests.isClose(
                try Self.resized(row, size: 3, options, region: [0, 0, 0.125, 1, 1, 0.625]), [15, 30, 60]))
        #expect(
            OperatorTests.isClose(try Self.resized(row, size: 1, options, region: [0, 0, 0, 1, 1, 0.5]), [20]))
    }

    @Test(arguments: [("not_larger", [3, 6]), ("not_smaller", [4, 8])])
    func keepsTheRatio(policy: String, sizes: [Int]) throws {
        // Ratios 2 and 1.5 of (2, 4); both axes take the smaller or the larger.
        var model = ONNXTestModel(opset: 19, input: [2, 4])
        model.integers("sizes", [4, 6])
        model.add(
            "Resize", ["x", "", "", "sizes"], ["y"],
            ["axes": .ints([1, 2]), "keep_aspect_ratio_policy": .string(policy)])
        let read = try model.model()
        #expect(read.graph.shape(read.prediction).description == "(B, \(sizes[0]), \(sizes[1]))")
    }
}
