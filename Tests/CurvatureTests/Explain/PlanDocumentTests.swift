import Foundation
import Testing

@testable import Curvature

/// What holds of every document.
@Suite struct PlanDocumentTests {
    @Test(arguments: PlanCase.all, [false, true])
    func stepsAreNumberedAndServeEveryRequest(plan: PlanCase, isNaive: Bool) throws {
        let plans = try plan.plans()
        let document = try PlanDocument(isNaive ? plans.naive : plans.plan, naive: plans.naive)
        let ids = document.steps.flatMap(\.all).map(\.id)
        #expect(Set(ids) == Set(1...ids.count) && Set(ids).count == ids.count)
        func check(_ steps: [PlanDocument.StepPart]) {
            for (index, step) in steps.enumerated() {
                #expect(step.needs.allSatisfy { need in steps[..<index].contains { $0.id == need } })
                #expect((step.body != nil) == (step.kind == "iteration"))
                #expect(!step.serves.isEmpty)
                check(step.body ?? [])
            }
        }
        check(document.steps)
        for request in document.requests {
            #expect(document.steps.contains { $0.serves.contains(request.name) }, "\(request.name)")
        }
        for step in document.steps.flatMap(\.all) {
            guard let body = step.body else { continue }
            #expect(body.reduce(0) { $0 + $1.flops } == step.flops)
            #expect(body.reduce(0) { $0 + $1.sweeps.tangent } == step.sweeps.tangent)
        }
        #expect(document.steps.reduce(0) { $0 + $1.matmulFlops } == document.totals.fused.matmulFlops)
        #expect(document.steps.reduce(0) { $0 + $1.sweeps.forward } == document.totals.fused.forwardSweeps)
    }

    /// The published keys, wherever they occur.
    @Test(arguments: PlanCase.all)
    func keysAreThere(plan: PlanCase) throws {
        let (fused, naive) = try plan.plans()
        let document = try PlanDocument(fused, naive: naive, runs: fused.handMadeRun(applications: 3), showsTrace: true)
        let text = try ExplainFormat.json(document)
        let root = try #require(JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        func expect(_ keys: String, in object: Any?) throws {
            let object = try #require(object as? [String: Any])
            let missing = keys.split(separator: " ").map(String.init).filter { object[$0] == nil }
            #expect(missing.isEmpty, "\(missing)")
        }
        try expect("version problem requests trace rewrites steps totals", in: root)
        #expect(root["version"] as? Int == 1)
        try expect("model examples terms outputs parameters batch precision threads", in: root["problem"])
        for part in try #require(root["requests"] as? [Any]) { try expect("name kind shape expression", in: part) }
        for part in try #require(root["rewrites"] as? [Any]) {
            try expect("rule before after saves_flops declined", in: part)
        }
        for part in try #require(root["trace"] as? [Any]) { try expect("rule requests", in: part) }
        func checkSteps(_ steps: Any?) throws {
            for step in try #require(steps as? [[String: Any]]) {
                try expect(
                    "id kind serves needs sweeps flops bytes matmul_flops peak_bytes cached_bytes runs measured",
                    in: step)
                try expect("forward tangent backward", in: step["sweeps"])
                try expect("seconds flops matmul_flops executed_flops peak_bytes", in: step["measured"])
                if let body = step["body"] {
                    try expect("task outcome", in: step)
                    try checkSteps(body)
                }
            }
        }
        try checkSteps(root["steps"])
        let totals = try #require(root["totals"] as? [String: Any])
        for name in ["fused", "naive"] {
            try expect("data_passes forward_sweeps flops matmul_flops peak_bytes", in: totals[name])
        }
        try expect(
            "seconds first_seconds minimum_seconds load_seconds compile_seconds flops matmul_flops executed_flops peak_bytes resident_peak_bytes",
            in: totals["measured"])
        let decoded = try JSONDecoder().decode(PlanDocument.self, from: Data(text.utf8))
        #expect(try ExplainFormat.json(decoded) == text)
    }

    @Test func whatWasNotAskedForIsAbsent() throws {
        let (fused, naive) = try PlanCase.all[0].plans()
        let text = try ExplainFormat.json(PlanDocument(fused, naive: naive))
        for key in ["trace", "measured", "body", "task"] { #expect(!text.contains("\"\(key)\""), "\(key)") }
    }

    /// Before a run, what an iteration costs is an estimate; after it, only memory is.
    @Test(arguments: PlanCase.all)
    func estimatesAreMarked(plan: PlanCase) throws {
        let (fused, naive) = try plan.plans()
        let before = try PlanDocument(fused, naive: naive)
        let after = try PlanDocument(fused, naive: naive, runs: fused.handMadeRun(applications: 4))
        let iterates = before.steps.contains { $0.kind == "iteration" }
        #expect(before.totals.fused.isEstimate == iterates && before.totals.naive.isEstimate == iterates)
        #expect(!after.totals.fused.isEstimate && after.steps.flatMap(\.all).allSatisfy { !$0.isEstimate })
        for step in before.steps.flatMap(\.all) {
            #expect(step.isEstimate == (step.kind == "iteration" || step.map != nil))
        }
        let steps = try ExplainFormat.text(after).components(separatedBy: "\n").filter { $0.hasPrefix("   ") }
        for line in steps where line.contains("~") { #expect(line.components(separatedBy: "~").count == 2, "\(line)") }
        #expect(steps.filter { $0.contains("~") }.allSatisfy { $0.contains("peak ~") })
        let marked = try ExplainFormat.text(before).components(separatedBy: "\n").contains { $0.contains("sweeps ~") }
        #expect(marked == iterates)
    }

    /// The saving of a rule is what the plan costs without it, less what it costs with it.
    @Test func savingsAreDifferences() throws {
        for plan in PlanCase.all {
            let (fused, naive) = try plan.plans()
            for rewrite in try PlanDocument(fused, naive: naive).rewrites where rewrite.savesFlops != 0 {
                let without = try plan.plans { $0.disabledRules = [rewrite.rule] }.plan
                #expect(rewrite.savesFlops == without.matmulFlops - fused.matmulFlops, "\(plan.name) \(rewrite.rule)")
            }
        }
        let plan = try #require(PlanCase.all.first { $0.name == "combination" })
        let (fused, naive) = try plan.plans()
        let merged = try PlanDocument(fused, naive: naive).rewrites.first { $0.rule == "merge-cotangents" }
        #expect(try #require(merged).savesFlops > 0)
        #expect(try #require(merged).isEstimate == false)
    }

    /// A plan that fits only thanks to a rule is explained all the same.
    @Test func withoutARuleTheMemoryMayNotDo() throws {
        let plan = PlanCase(name: "tight", requests: ["(2 * hessian - ggn + empirical_fisher) @ v"])
        let least = try plan.plans().plan.memory.total
        #expect(throws: ProblemError.self) {
            try plan.plans { ($0.memory, $0.disabledRules) = (least, ["merge-cotangents"]) }
        }
        let (fused, naive) = try plan.plans { $0.memory = least }
        let document = try PlanDocument(fused, naive: naive)
        #expect(document.rewrites.contains { $0.rule == "merge-cotangents" && $0.savesFlops > 0 })
    }
}
