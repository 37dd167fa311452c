import Foundation
import ONNXImport
import Safetensors
import Testing

@testable import Curvature

@Suite struct CompileTests {
    @Test func oneTupleOfTypedValuesFromOnePass() throws {
        let problem = try smallProblem()
        let v = try problem.vector(named: "v")
        let plan = try compile(
            problem.gradient, problem.hessian * v, problem.lossValue, problem.ggn * problem.block(named: "V"),
            problem.prediction, options: float64Options)
        #expect(plan.plan.dataPasses == 1)
        let (gradient, product, loss, block, prediction) = try plan.run()
        let wanted = try evaluate(["gradient", "hessian @ v", "loss", "ggn @ V", "prediction"], problem).results.entries
        #expect(gradient.values == wanted[0].values && gradient.shape == [26])
        #expect(Array(product) == wanted[1].values)
        #expect([loss] == wanted[2].values)
        #expect(block.values == wanted[3].values && (block.rows, block.columns) == (26, 3))
        #expect(block[2, 1] == wanted[3].values[7])
        #expect(prediction.values == wanted[4].values && prediction.shape == [5, 2])
    }

    @Test func requestsAreNamedByTheirTextOrByTheUser() throws {
        let problem = try smallProblem()
        let plan = try compile(problem.lossValue, problem.lossValue, problem.gradient.named("g"))
        #expect(plan.plan.requests.map(\.name) == ["loss", "loss (2)", "g"])
        #expect(try plan.explain().contains("hessian") == false)
        let document = try JSONDecoder().decode(PlanDocument.self, from: Data(plan.explain(.json).utf8))
        #expect(document.requests.map(\.name) == ["loss", "loss (2)", "g"])
        #expect(document.problem.parameters == 26)
    }

    @Test func laterRunsLeaveEarlierValuesAlone() throws {
        let problem = try smallProblem()
        let execution = try compile(problem.gradient, options: float64Options).execution()
        try execution.prepare()
        let first = try execution.run()
        let before = first.values
        let second = try execution.run()
        #expect(first.values == before && second.values == before)
        #expect(execution.execution.measurement.matmulFlops > 0)
    }

    @Test func plansRunInTasks() async throws {
        let problem = try smallProblem()
        let plan = try compile(
            problem.hessian * problem.randomVector(seed: 1), problem.lossValue, options: float64Options)
        let (wanted, loss) = try plan.run()
        try await withThrowingTaskGroup(of: ([Double], Double).self) { group in
            for _ in 0..<3 {
                group.addTask {
                    let (product, loss) = try plan.run()
                    return (product.values, loss)
                }
            }
            for try await found in group {
                #expect(found.0 == wanted.values)
                #expect(found.1 == loss)
            }
        }
    }

    @Test(arguments: Precision.allCases)
    func valuesAreLentAndWritten(precision: Precision) throws {
        var options = float64Options
        options.precision = precision
        let gradient = try compile(smallProblem().gradient, options: options).run()
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID()).safetensors")
        defer { try? FileManager.default.removeItem(at: url) }
        try gradient.write(to: url)
        try gradient.write(to: url, name: "g")
        let file = try SafetensorsFile(contentsOf: url)
        #expect(file.entries.map(\.name) == ["g"] && file.entries[0].shape == [26])
        #expect(try file.values(of: "g", as: Double.self) == gradient.values)
        switch precision {
        case .float32:
            #expect(file.entries[0].dtype == .f32)
            let lent = try gradient.withUnsafeBufferPointer(of: Float.self) { $0.map(Double.init) }
            #expect(lent == gradient.values && lent == Array(gradient))
            let error = #expect(throws: ProblemError.self) {
                try gradient.withUnsafeBufferPointer(of: Double.self) { _ in }
            }
            #expect(
                error?.description
                    == "values of 'gradient' are float32, asked for as Double; ask for Float, or run in another precision"
            )
        case .float64:
            #expect(file.entries[0].dtype == .f64)
            let lent = try gradient.withUnsafeBufferPointer(of: Double.self) { Array($0) }
            #expect(lent == gradient.values && lent == Array(gradient))
        }
    }

    /// As a README would have it.
    @Test func filesToValues() throws {
        let folder = GoldenTests.folder.appendingPathComponent("mlp_mse_mean")
        let model = folder.appendingPathComponent("model.onnx")
        let data = folder.appendingPathComponent("data.safetensors")

        let problem = try Problem(model: .onnx(model), loss: .meanSquaredError(), data: .safetensors(data))
        let v = problem.randomVector(seed: 0)
        let mix = (2 * problem.hessian - 0.5 * problem.ggn + 0.1 * .identity) * v
        let plan = try compile(problem.gradient, mix, problem.lossValue)
        #expect(try plan.explain().hasPrefix("problem"))
        let (g, Hv, loss) = try plan.run()

        let vectors: TensorSource = try .arrays([
            "v": HostArray(compile(v, problem.lossValue).run().0, shape: [v.count])
        ])
        let other = try Problem(
            model: .onnx(model), loss: .meanSquaredError(), data: .safetensors(data), vectors: vectors)
        let wanted = try evaluate(
            ["gradient", "(2 * hessian - 0.5 * ggn + 0.1 * identity) @ v", "loss"], other, precision: .float32
        ).results.entries
        #expect(g.values == wanted[0].values)
        #expect(Hv.values == wanted[1].values)
        #expect([loss] == wanted[2].values)
    }
}

extension Vector {
    fileprivate var count: Int {
        get throws { try lazy.result.get().expression.kind.shape[0] }
    }
}
