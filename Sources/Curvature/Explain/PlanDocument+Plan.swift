import Kernels

extension PlanDocument {
    /// - Parameters:
    ///   - naive: The same requests compiled with nothing shared, for the totals to stand beside.
    ///   - runs: What runs of the plan took, if it ran; and how long loading and compiling did.
    public init(_ plan: Plan, naive: Plan, runs: RunTimes? = nil) throws {
        let (problem, shape) = (plan.problem, plan.problem.shape)
        self.problem = ProblemPart(
            model: problem.name, examples: shape.examples, terms: shape.terms, outputs: shape.outputs,
            parameters: shape.parameters, batch: plan.batchSize, precision: plan.options.precision.rawValue,
            threads: plan.options.threadCount, oneBatch: problem.model.onlyBatchReason)
        requests = plan.requests.map {
            RequestPart(
                name: $0.name, kind: $0.expression.kind.name, shape: $0.expression.kind.shape, expression: $0.text)
        }
        // A rule's saving is the cost of the plan without it; its places share it.
        let savings = try plan.savings()
        var named: Set<String> = []
        rewrites = plan.rewrites.map { rewrite in
            let isFirst = rewrite.declined == nil && named.insert(rewrite.rule).inserted
            return RewritePart(
                rule: rewrite.rule, before: rewrite.before, after: rewrite.after,
                savesFlops: isFirst ? savings[rewrite.rule] ?? 0 : 0, declined: rewrite.declined)
        }
        steps = plan.steps.indices.map { PlanDocument.step($0, plan, runs?.measurements.last) }
        totals = TotalsPart(
            fused: TotalPart(plan), naive: TotalPart(naive), measured: runs.map { TotalMeasuredPart($0, plan) })
    }

    private static func step(_ index: Int, _ plan: Plan, _ measurement: RunMeasurement?) -> StepPart {
        let step = plan.steps[index]
        let users = plan.operators.users(of: step.values, roots: plan.roots)
        var sweeps = SweepsPart(forward: 0, tangent: 0, backward: 0)
        var kind = "algebra"
        if case .dataPass(let pass) = step.work {
            kind = "data-pass"
            sweeps = SweepsPart(
                forward: pass.sweeps.forward, tangent: pass.sweeps.tangent, backward: pass.sweeps.backward)
        }
        let measured = measurement?.steps[index]
        return StepPart(
            id: index + 1, kind: kind,
            serves: plan.requests.indices.filter { users.contains(plan.roots[$0]) }.map { plan.requests[$0].name },
            needs: plan.needs(of: index).map { $0 + 1 }, computes: step.values.map { plan.operators.text($0) },
            sweeps: sweeps, flops: step.program.flops, matmulFlops: step.program.matmulFlops,
            bytes: step.program.bytes, peakBytes: step.program.layout.byteCount + plan.memory.lasting, cachedBytes: 0,
            runs: 1,
            measured: measured.map {
                MeasuredPart(
                    seconds: $0.seconds, flops: $0.flops, matmulFlops: $0.matmulFlops, executedFlops: $0.executedFlops,
                    peakBytes: $0.peakBytes)
            })
    }
}

extension PlanDocument.TotalPart {
    fileprivate init(_ plan: Plan) {
        self.init(
            dataPasses: plan.dataPasses, forwardSweeps: plan.sweeps.forward, tangentSweeps: plan.sweeps.tangent,
            backwardSweeps: plan.sweeps.backward, flops: plan.flops, matmulFlops: plan.matmulFlops,
            peakBytes: plan.memory.total)
    }
}

extension PlanDocument.TotalMeasuredPart {
    fileprivate init(_ runs: RunTimes, _ plan: Plan) {
        let seconds = runs.measurements.map(\.seconds)
        let last = runs.measurements.last!
        self.init(
            seconds: seconds.sorted()[seconds.count / 2], firstSeconds: seconds[0], minimumSeconds: seconds.min()!,
            loadSeconds: runs.loadSeconds, compileSeconds: runs.compileSeconds, flops: last.flops,
            matmulFlops: last.matmulFlops, executedFlops: last.executedFlops, peakBytes: runs.peakBytes,
            residentPeakBytes: ProcessMemory.residentPeak)
    }
}

/// What runs of a plan took.
public struct RunTimes: Sendable {
    public var loadSeconds: Double
    public var compileSeconds: Double
    /// At least one.
    public var measurements: [RunMeasurement]
    /// The most that the library's buffers took at once.
    public var peakBytes: Int
    public init(loadSeconds: Double, compileSeconds: Double, measurements: [RunMeasurement], peakBytes: Int) {
        (self.loadSeconds, self.compileSeconds) = (loadSeconds, compileSeconds)
        (self.measurements, self.peakBytes) = (measurements, peakBytes)
    }
}

extension OperatorGraph {
    /// All values that are made of one of `values`, themselves included.
    func users(of values: [Value], roots: [Value]) -> Set<Value> {
        var users = Set(values)
        for value in reachable(from: roots) where self[value].operands.contains(where: users.contains) {
            users.insert(value)
        }
        return users
    }
}

extension Plan {
    /// The multiply-adds that each rule which fired saves, as 2 each.
    fileprivate func savings() throws -> [String: Int] {
        var savings: [String: Int] = [:]
        for rule in Set(rewrites.filter { $0.declined == nil }.map(\.rule)) {
            var without = options
            without.disabledRules.insert(rule)
            savings[rule] = try Plan(requests, problem: problem, options: without).matmulFlops - matmulFlops
        }
        return savings
    }

    /// The steps whose results a step reads.
    func needs(of index: Int) -> [Int] {
        let read = Set(
            steps[index].program.schedule.leaves.compactMap { leaf in steps[index].work.value(readBy: leaf) })
        return (0..<index).filter { !read.isDisjoint(with: steps[$0].values) }
    }
}
