/// A plan, its predicted cost, and what was measured, as a neutral document: every explain format renders it, and as JSON it is
/// version 1 of the published form. Keys may be added; none changes its meaning without a new version.
public struct PlanDocument: Codable, Sendable {
    public var version = 1
    public var problem: ProblemPart
    public var requests: [RequestPart]
    public var rewrites: [RewritePart]
    public var steps: [StepPart]
    public var totals: TotalsPart

    public struct ProblemPart: Codable, Sendable {
        public var model: String
        public var examples, terms, outputs, parameters, batch: Int
        public var precision: String
        public var threads: Int
        /// Why all examples run as one batch, where they have to.
        public var oneBatch: String?
        enum CodingKeys: String, CodingKey {
            case model, examples, terms, outputs, parameters, batch, precision, threads
            case oneBatch = "one_batch"
        }
    }
    public struct RequestPart: Codable, Sendable {
        public var name, kind: String
        public var shape: [Int]
        public var expression: String
    }
    public struct RewritePart: Codable, Sendable {
        public var rule, before, after: String
        public var savesFlops: Int
        public var declined: String?
        enum CodingKeys: String, CodingKey {
            case rule, before, after, declined
            case savesFlops = "saves_flops"
        }
        public func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(rule, forKey: .rule)
            try container.encode(before, forKey: .before)
            try container.encode(after, forKey: .after)
            try container.encode(savesFlops, forKey: .savesFlops)
            try container.encode(declined, forKey: .declined)
        }
    }
    public struct SweepsPart: Codable, Sendable {
        public var forward, tangent, backward: Int
    }
    public struct StepPart: Codable, Sendable {
        public var id: Int
        /// "data-pass", "algebra" or "iteration".
        public var kind: String
        /// The names of the requests that need it.
        public var serves: [String]
        /// The steps whose results it reads.
        public var needs: [Int]
        /// What it leaves behind, in the expression language.
        public var computes: [String]
        public var sweeps: SweepsPart
        public var flops, matmulFlops, bytes, peakBytes, cachedBytes, runs: Int
        /// What an iteration does, and what became of it.
        public var task, outcome: String?
        /// The steps of an iteration's operators.
        public var body: [StepPart]?
        public var measured: MeasuredPart?
        enum CodingKeys: String, CodingKey {
            case id, kind, serves, needs, computes, sweeps, flops, bytes, runs, task, outcome, body, measured
            case matmulFlops = "matmul_flops"
            case peakBytes = "peak_bytes"
            case cachedBytes = "cached_bytes"
        }
    }
    public struct MeasuredPart: Codable, Sendable {
        public var seconds: Double
        public var flops, matmulFlops, executedFlops: Int
        public var peakBytes: Int
        enum CodingKeys: String, CodingKey {
            case seconds, flops
            case matmulFlops = "matmul_flops"
            case executedFlops = "executed_flops"
            case peakBytes = "peak_bytes"
        }
    }
    public struct TotalPart: Codable, Sendable {
        public var dataPasses, forwardSweeps, tangentSweeps, backwardSweeps, flops, matmulFlops, peakBytes: Int
        enum CodingKeys: String, CodingKey {
            case flops
            case dataPasses = "data_passes"
            case forwardSweeps = "forward_sweeps"
            case tangentSweeps = "tangent_sweeps"
            case backwardSweeps = "backward_sweeps"
            case matmulFlops = "matmul_flops"
            case peakBytes = "peak_bytes"
        }
    }
    public struct TotalsPart: Codable, Sendable {
        public var fused, naive: TotalPart
        public var measured: TotalMeasuredPart?
    }
    public struct TotalMeasuredPart: Codable, Sendable {
        /// The median over the runs.
        public var seconds: Double
        public var firstSeconds, minimumSeconds, loadSeconds, compileSeconds: Double
        public var flops, matmulFlops, executedFlops: Int
        public var peakBytes: Int
        /// The process's high-water mark.
        public var residentPeakBytes: Int
        enum CodingKeys: String, CodingKey {
            case seconds, flops
            case firstSeconds = "first_seconds"
            case minimumSeconds = "minimum_seconds"
            case loadSeconds = "load_seconds"
            case compileSeconds = "compile_seconds"
            case matmulFlops = "matmul_flops"
            case executedFlops = "executed_flops"
            case peakBytes = "peak_bytes"
            case residentPeakBytes = "resident_peak_bytes"
        }
    }
}
