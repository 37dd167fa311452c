import ONNXImport
import Testing

@testable import Curvature

/// Kronecker factors of convolutions over three axes, which the importer makes of several over two.
@Suite struct VolumeFactorTests {
    /// (examples, 2, 3, 2, 3) to (examples, 3, positions), averaged over positions where there are several.
    private func problem(taps: [Int], hasBias: Bool = false) throws -> Problem {
        var model = ONNXTestModel(opset: 18, input: [2, 3, 2, 3])
        model.weight("weight", [3, 2] + taps)
        if hasBias { model.weight("bias", [3]) }
        model.add("Conv", ["x", "weight"] + (hasBias ? ["bias"] : []), ["y"])
        model.integers("axes", [2, 3, 4])
        model.add("ReduceMean", ["y", "axes"], ["z"], ["keepdims": .int(0)])
        var numbers = SeededNumbers(seed: 5)
        return try Problem(
            name: "volume", model: model.model(inputShapes: ["x": [5, 2, 3, 2, 3]]), loss: Loss(.meanSquaredError()),
            data: ArraySource([
                "inputs": ([5, 2, 3, 2, 3], .real(numbers.array(5 * 36))),
                "targets": ([5, 3], .real(numbers.array(15))),
            ]), vectors: ArraySource([:]))
    }

    /// A window as large as the image: one position, a linear layer. With several positions `reduce` is exact before their mean. Each time the inputs at all
    /// taps have to meet in one factor.
    @Test(
        arguments: [([3, 2, 3], "expand"), ([3, 2, 3], "reduce"), ([2, 2, 2], "reduce"), ([1, 2, 2], "reduce")], [1, 5])
    func linearNetworksAreExact(setting: (taps: [Int], sharing: String), batch: Int) throws {
        let problem = try problem(taps: setting.taps)
        let factors = "(fisher=type2, weight_sharing=\(setting.sharing))"
        let values = try valuesByName(
            ["want = materialize(ggn)", "k = materialize(kfac\(factors))", "e = materialize(ekfac\(factors))"],
            problem, batchSize: batch)
        for name in ["k", "e"] {
            #expect(relativeError(values[name]!, values["want"]!) < 1e-12, "\(name)")
        }
    }

    /// The bias has its exact block; the diagonal blocks are those of the whole matrix.
    @Test func aBiasHasItsBlock() throws {
        let problem = try problem(taps: [3, 2, 3], hasBias: true)
        let count = 3 * 36
        let values = try valuesByName(
            ["want = materialize(ggn)", "got = materialize(kfac(fisher=type2))"], problem)
        let (want, got) = (values["want"]!, values["got"]!)
        for (rows, name) in [(0..<count, "weight"), (count..<count + 3, "bias")] {
            func block(_ matrix: [Double]) -> [Double] {
                rows.flatMap { row in rows.map { matrix[row * (count + 3) + $0] } }
            }
            #expect(relativeError(block(got), block(want)) < 1e-12, "\(name)")
        }
    }
}
