import Testing

@testable import Curvature

/// Whole texts of a few plans, as recorded and read.
@Suite struct PlanTextTests {
    @Test(arguments: PlanCase.all)
    func predicted(of plan: PlanCase) throws {
        let (fused, naive) = try plan.plans()
        try expectRecorded(ExplainFormat.text(PlanDocument(fused, naive: naive, machine: nil)), as: plan.name)
    }

    @Test(arguments: ["combination", "solves"])
    func traced(name: String) throws {
        let (fused, naive) = try plan(name).plans()
        try expectRecorded(
            ExplainFormat.text(PlanDocument(fused, naive: naive, machine: nil, showsTrace: true)),
            as: name + "-trace")
    }

    @Test(arguments: ["shared-pass", "solves"], [ExplainFormat.json, .dot])
    func otherFormats(name: String, format: ExplainFormat) throws {
        let (fused, naive) = try plan(name).plans()
        try expectRecorded(format(PlanDocument(fused, naive: naive, machine: nil)), as: "\(name)-\(format.name)")
    }

    @Test(arguments: ["shared-pass", "solves"], ExplainFormat.all)
    func measured(name: String, format: ExplainFormat) throws {
        let (fused, naive) = try plan(name).plans()
        let document = try PlanDocument(
            fused, naive: naive, runs: fused.handMadeRun(applications: 6), machine: nil)
        try expectRecorded(format(document), as: "\(name)-measured-\(format.name)")
    }

    @Test func theMachine() throws {
        let (fused, naive) = try plan("shared-pass").plans()
        let machine = Machine(
            processor: "Processor", blas: "OpenBLAS 0.3.21", kernel: "SkylakeX", replacedKernel: "Prescott",
            warning: nil)
        let lines = try ExplainFormat.text(PlanDocument(fused, naive: naive, machine: machine)).split(separator: "\n")
        #expect(lines[2] == "          Processor; OpenBLAS 0.3.21, kernel SkylakeX instead of Prescott")
    }

    private func plan(_ name: String) throws -> PlanCase {
        try #require(PlanCase.all.first { $0.name == name })
    }
}

extension ExplainFormat: CustomTestStringConvertible {
    public var testDescription: String { name }
}
