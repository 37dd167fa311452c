import Testing

@testable import Curvature

/// What is no loss is refused while the problem is made, by the loss's name.
@Suite struct CustomLossErrorTests {
    private func message(
        _ term: CustomLoss.Term = .position, architecture: Architecture = .sequence,
        _ body: @escaping @Sendable (Tensor, Tensor) throws -> Tensor
    ) throws -> String {
        let setup = try LossSetup(LossCase.squared[0], architecture)
        do {
            _ = try Problem(
                name: "model", model: setup.problem.model, loss: .custom("mine", term: term, body),
                data: setup.problem.data, vectors: setup.problem.vectors)
        } catch { return "\(error)" }
        return "no error"
    }

    @Test func closuresThatGiveNoLoss() throws {
        let rows = "expected a real number or several for each row, (rows) or (rows, ...)"
        let seen = "predictions are (rows, 3) and targets (rows, 3)"
        let turned = try message { z, y in try (z - y).square().transposed() }
        #expect(turned == "loss 'mine': \(rows), found real of shape (3, rows)")
        let fixed = try message { z, _ in try z.constant([1, 2], shape: [2]) }
        #expect(fixed == "loss 'mine': \(rows), found real of shape (2)")
        let summed = try message { z, _ in try z.sum(axes: [0]) }
        #expect(
            summed
                == "loss 'mine': sum: axis 0 of (B*4, 3) is the examples'; predictions must not depend on other examples; \(seen)"
        )
        let broadcast = try message { z, _ in try z * z.constant([1, 2], shape: [2]) }
        #expect(broadcast == "loss 'mine': '*': shapes (B*4, 3) and (2) do not broadcast; \(seen)")
        let contracted = try message { z, _ in try z * Tensor.einsum("ij->j", z) }
        #expect(contracted == "loss 'mine': it sums over the rows; each row's value must depend on that row alone")
        let mixed = try message { z, _ in try z * ModelBuilder(inputShape: [3]).input }
        #expect(mixed == "loss 'mine': '*': expected tensors of one model, found tensors of two; \(seen)")
        let foreign = try message { _, _ in try ModelBuilder(inputShape: [3]).input }
        #expect(foreign == "loss 'mine': it gives a tensor that is not made of its predictions and targets")
        struct Own: Error, CustomStringConvertible { let description = "of my own" }
        let own = try message { _, _ in throw Own() }
        #expect(own == "loss 'mine': of my own; \(seen)")
        // What the closure sees of whole examples.
        let whole = try message(.example) { _, _ in throw Own() }
        #expect(whole == "loss 'mine': of my own; predictions are (rows, 4, 3) and targets (rows, 4, 3)")
        let several = try message(.example) { z, y in try (z - y).square() }
        #expect(several == "no error")
    }

    @Test func targetsOfAnotherShape() throws {
        let setup = try LossSetup(LossCase.squared[0], .sequence)
        func message(_ targets: [Int]) -> String {
            let arrays: [String: (shape: [Int], values: ArraySource.Values)] = [
                "inputs": (setup.inputs.shape, setup.inputs.values),
                "targets": (targets, .real([Double](repeating: 0, count: targets.reduce(1, *)))),
            ]
            do {
                _ = try Problem(
                    name: "model", model: setup.problem.model, loss: .custom("mine") { z, _ in z },
                    data: ArraySource(arrays, origin: "data"), vectors: setup.problem.vectors)
            } catch { return "\(error)" }
            return "no error"
        }
        #expect(
            message([7])
                == "data: 'targets' has shape [7], expected [7, 4] and perhaps further axes, for a loss of each position; a loss that each example has as a whole says term: .example"
        )
        #expect(
            message([6, 4])
                == "data: 'targets' has shape [6, 4], expected [7, 4] and perhaps further axes, for a loss of each position"
        )
        #expect(message([7, 4]) == "no error")
        #expect(message([7, 4, 2, 2]) == "no error")
    }

    /// The generalized Gauss-Newton matrix does not mind an indefinite Hessian at the outputs; what needs its root says so.
    @Test(arguments: [true, false]) func hessianWithoutARoot(isDense: Bool) throws {
        let setup = try LossSetup(LossCase.squared[0], .flat)
        let problem = try Problem(
            name: "model", model: setup.problem.model,
            loss: .custom("saddle") { z, _ in
                isDense ? try z.sum(axes: [1]).square() - z.square().sum(axes: [1]) : try -z.square()
            }, data: setup.problem.data, vectors: setup.problem.vectors)
        let products = try valuesByName(["g = ggn @ v", "h = hessian @ v"], problem)
        #expect(products.values.allSatisfy { $0.allSatisfy(\.isFinite) })
        for request in ["kfac @ v", "diagonal(ggn)", "ggn(samples=2) @ v"] {
            let error = #expect(throws: ProblemError.self) { _ = try valuesByName([request], problem) }
            #expect(
                error?.description.hasSuffix(
                    "perhaps the Hessian of loss 'saddle' at the outputs is not positive semidefinite everywhere, so that it has no root; products with ggn, fisher=empirical and method=hutchinson do without"
                ) == true,
                "\(request): \(error?.description ?? "")")
        }
    }
}
