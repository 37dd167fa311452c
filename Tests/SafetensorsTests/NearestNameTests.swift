import Safetensors
import Testing

@Suite struct NearestNameTests {
    static let names = ["layer1.weight", "layer1.bias", "layer2.weight", "ggn", "hessian", "x", "Ünicode"]

    @Test(arguments: [
        ("layer1.weigth", "layer1.weight"),  // swapped
        ("layer1.wight", "layer1.weight"),  // removed
        ("layer1.weightt", "layer1.weight"),  // inserted
        ("layer1.weihgts", "layer1.weight"),  // several
        ("Layer1.Bias", "layer1.bias"),  // case does not count
        ("layer3.weight", "layer1.weight"),  // of equals, the first
        ("hesian", "hessian"),
        ("gnn", "ggn"),
        ("y", "x"),
        ("ünicod", "Ünicode"),
    ])
    func misspelt(name: String, nearest: String) {
        #expect(nearestName(to: name, among: Self.names) == nearest)
    }

    @Test(arguments: ["trace", "kfac", "layer", "inputs", String(repeating: "x", count: 300)])
    func noneIsNear(name: String) {
        #expect(nearestName(to: name, among: Self.names) == nil)
    }

    @Test func noCandidates() {
        #expect(nearestName(to: "x", among: []) == nil)
        #expect(nearestName(to: "", among: [""]) == "")
    }

    @Test func longCandidatesCostNothing() {
        let names = Array(repeating: String(repeating: "n", count: 100_000), count: 1000) + ["name"]
        #expect(nearestName(to: "nmae", among: names) == "name")
    }
}
