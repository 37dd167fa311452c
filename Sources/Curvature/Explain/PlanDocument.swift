/// A plan, its predicted cost, and what was measured, as a neutral document: every explain format renders it, and as JSON it is
/// version 1 of the published form. Keys may be added; none changes its meaning without a new version.
public struct PlanDocument: Codable, Sendable {
    /// Of the published form.
    public var version = 1
    /// What the requests are about.
    public var problem: ProblemPart
    /// What the plan runs on.
    public var machine: MachinePart?
    /// What was asked for, in this order.
    public var requests: [RequestPart]
    /// The requests as asked and after each rule; present where it was asked for.
    public var trace: [TracePart]?
    /// A part for each place where a rule fired or declined.
    public var rewrites: [RewritePart]
    /// What each Kronecker-factored operator consists of; absent where there is none.
    public var factors: [FactorsPart]?
    /// In order of running.
    public var steps: [StepPart]
    /// Of all steps, beside those of a naive plan.
    public var totals: TotalsPart

    /// What the requests are about, and how they run.
    public struct ProblemPart: Codable, Sendable {
        /// The file's name, or the model's.
        public var model: String
        /// N; the loss terms of an example; the outputs of a term; D; the examples of a batch.
        public var examples, terms, outputs, parameters, batch: Int
        /// "float32" or "float64".
        public var precision: String
        /// Threads of a run.
        public var threads: Int
        /// Why all examples run as one batch, where they have to.
        public var oneBatch: String?
        enum CodingKeys: String, CodingKey {
            case model, examples, terms, outputs, parameters, batch, precision, threads
            case oneBatch = "one_batch"
        }
    }
    /// What a plan runs on; its cost and its results' bits depend on nothing here, only its speed.
    public struct MachinePart: Codable, Sendable {
        /// The processor's name as the system gives it; the BLAS and its version.
        public var processor, blas: String
        /// The kernel that BLAS multiplies with, as it names it, and the one that it had chosen by itself, where it was replaced.
        public var kernel, replaced: String?

        /// - Parameter machine: What it tells of.
        public init(_ machine: Machine) {
            (processor, blas) = (machine.processor, machine.blas)
            (kernel, replaced) = (machine.kernel, machine.replacedKernel)
        }
    }
    /// One request.
    public struct RequestPart: Codable, Sendable {
        /// Its name, and "scalar", "vector", "block" or "tensor".
        public var name, kind: String
        /// The extents of its value; none for a scalar.
        public var shape: [Int]
        /// As the user wrote it.
        public var expression: String
    }
    /// The requests after one rule.
    public struct TracePart: Codable, Sendable {
        /// "asked" for what was there before the first rule.
        public var rule: String
        /// In the order of the requests; nil where the rule changed nothing.
        public var requests: [String]?
        enum CodingKeys: String, CodingKey { case rule, requests }
        public func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(rule, forKey: .rule)
            try container.encode(requests, forKey: .requests)
        }
    }
    /// A place where a rule fired, or declined to.
    public struct RewritePart: Codable, Sendable {
        /// The rule's name; the value before and after, in the expression language.
        public var rule, before, after: String
        /// The difference to the plan without the rule: given once, at the first place where the rule fired.
        public var savesFlops: Int
        /// Whether the saving depends on how often an iteration is expected to apply its operators.
        public var isEstimate: Bool
        /// Why the rule left the value as it is; nil where it fired.
        public var declined: String?
        enum CodingKeys: String, CodingKey {
            case rule, before, after, declined
            case savesFlops = "saves_flops"
            case isEstimate = "is_estimate"
        }
        public func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(rule, forKey: .rule)
            try container.encode(before, forKey: .before)
            try container.encode(after, forKey: .after)
            try container.encode(savesFlops, forKey: .savesFlops)
            try container.encode(isEstimate, forKey: .isEstimate)
            try container.encode(declined, forKey: .declined)
        }
    }
    /// A Kronecker-factored operator.
    public struct FactorsPart: Codable, Sendable {
        /// In the expression language.
        public var `operator`: String
        /// Vectors that are sent back for each example.
        public var columns: Int
        /// Of factors, decompositions and corrected eigenvalues, as far as the plan has them.
        public var bytes: Int
        /// One for each part of parameter space that is not coupled with others.
        public var blocks: [BlockPart]
        /// What would make it much cheaper.
        public var warning: String?
    }
    /// A block of such an operator.
    public struct BlockPart: Codable, Sendable {
        /// The weight, and a bias that is joint with it; or one parameter.
        public var parameters: [String]
        /// "kronecker", "full", "diagonal" or "identity".
        public var form: String
        /// Of its factors: outputs and inputs, or one.
        public var sizes: [Int]
        /// Why it has this form.
        public var reason: String
        /// About what decomposing those factors costs that no block before it has; 0 where the plan decomposes none.
        public var decompositionFlops: Int
        enum CodingKeys: String, CodingKey {
            case parameters, form, sizes, reason
            case decompositionFlops = "decomposition_flops"
        }
    }
    /// Sweeps through the network.
    public struct SweepsPart: Codable, Sendable {
        /// The network itself, the Jacobian times a vector, and its transpose.
        public var forward, tangent, backward: Int
    }
    /// One step of the plan.
    public struct StepPart: Codable, Sendable {
        /// Its number, which `needs` refers to.
        public var id: Int
        /// "data-pass", "algebra" or "iteration".
        public var kind: String
        /// In the body of an iteration, of what a product is: "operator", "preconditioner" or "transpose".
        public var map: String?
        /// The names of the requests that need it.
        public var serves: [String]
        /// The steps whose results it reads.
        public var needs: [Int]
        /// What it leaves behind, in the expression language.
        public var computes: [String]
        /// Of all runs.
        public var sweeps: SweepsPart
        /// All floating-point work; the part of it in products and convolutions; bytes read and written; the plan's peak while it runs.
        public var flops, matmulFlops, bytes, peakBytes: Int
        /// Primal values that are kept while it runs: of its own for later ones, or of earlier ones.
        public var cachedBytes: Int
        /// In all, those with each part of a block included.
        public var runs: Int
        /// Whether `runs`, `flops` and `sweeps` depend on how often an iteration is expected to apply its operators; else they are exact.
        public var isEstimate: Bool
        /// How a block of vectors is cut, where it is.
        public var chunks: ChunksPart?
        /// What it has to do with kept primal values, if anything.
        public var primals: PrimalsPart?
        /// What an iteration does, and what became of it.
        public var task, outcome: String?
        /// The steps of an iteration's operators.
        public var body: [StepPart]?
        /// What it took; present after a run.
        public var measured: MeasuredPart?
        enum CodingKeys: String, CodingKey {
            case id, kind, map, serves, needs, computes, sweeps, flops, bytes, runs, chunks, primals, task, outcome
            case body, measured
            case isEstimate = "is_estimate"
            case matmulFlops = "matmul_flops"
            case peakBytes = "peak_bytes"
            case cachedBytes = "cached_bytes"
        }
    }
    /// How a block of vectors is cut.
    public struct ChunksPart: Codable, Sendable {
        /// The block's columns, those of each run, and the runs it takes; the last may compute columns again.
        public var columns, width, count: Int
    }
    /// What a step has to do with kept primal values.
    public struct PrimalsPart: Codable, Sendable {
        /// Whether it leaves primal values for later, and whether it goes on from kept ones.
        public var keeps, reads: Bool
        /// Batches whose values are kept, of how many; the others are computed again.
        public var batches, allBatches: Int
        enum CodingKeys: String, CodingKey {
            case keeps, reads, batches
            case allBatches = "all_batches"
        }
    }
    /// What a step took.
    public struct MeasuredPart: Codable, Sendable {
        /// Wall-clock time of all its runs.
        public var seconds: Double
        /// All floating-point work; the part of it in products, nominal; and what products really ran.
        public var flops, matmulFlops, executedFlops: Int
        /// What the library's buffers took, the model's parameters included.
        public var peakBytes: Int
        enum CodingKeys: String, CodingKey {
            case seconds, flops
            case matmulFlops = "matmul_flops"
            case executedFlops = "executed_flops"
            case peakBytes = "peak_bytes"
        }
    }
    /// What a plan costs.
    public struct TotalPart: Codable, Sendable {
        /// Passes over the data, sweeps, work, the part of it in products, and memory.
        public var dataPasses, forwardSweeps, tangentSweeps, backwardSweeps, flops, matmulFlops, peakBytes: Int
        /// Whether iterations are in it whose number of applications is expected and not counted; `peak_bytes` always is an estimate.
        public var isEstimate: Bool
        enum CodingKeys: String, CodingKey {
            case flops
            case isEstimate = "is_estimate"
            case dataPasses = "data_passes"
            case forwardSweeps = "forward_sweeps"
            case tangentSweeps = "tangent_sweeps"
            case backwardSweeps = "backward_sweeps"
            case matmulFlops = "matmul_flops"
            case peakBytes = "peak_bytes"
        }
    }
    /// The plan beside one that shares nothing.
    public struct TotalsPart: Codable, Sendable {
        /// This plan, and the naive one.
        public var fused, naive: TotalPart
        /// What runs took; present after a run.
        public var measured: TotalMeasuredPart?
    }
    /// What runs took.
    public struct TotalMeasuredPart: Codable, Sendable {
        /// The median over the runs.
        public var seconds: Double
        /// The first run, the fastest, reading the model, and compiling.
        public var firstSeconds, minimumSeconds, loadSeconds, compileSeconds: Double
        /// Of the last run: all work, the part of it in products, and what products really ran.
        public var flops, matmulFlops, executedFlops: Int
        /// The most that the library's buffers took at once, the model's parameters included.
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
