import Foundation

/// Everything that a run of the benchmarks measured; the published JSON.
struct Report: Codable {
    var version = 1
    /// How many threads computed. What else a machine is does not belong here: ratios are what counts.
    var threads: Int
    var measurements: [Measurement] = []
    var costs: [CostComparison.Outcome] = []
    var products: [MatrixProductComparison.Outcome] = []

    enum CodingKeys: String, CodingKey {
        case version, threads, measurements, costs
        case products = "matrix_products"
    }
}

extension Encodable {
    /// The same text for the same values.
    var publishedJSON: Data {
        get throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            return try encoder.encode(self) + Data("\n".utf8)
        }
    }
}
