import Testing

@testable import Curvature

/// Drawings: well-formed whatever the names are.
@Suite struct DotFormatTests {
    /// A drawing's text outside of strings and comments, and its strings; nil if a string has no end.
    private func parts(_ text: String) -> (rest: String, strings: [String])? {
        var (rest, strings) = ("", [String]())
        for line in text.components(separatedBy: "\n") where !line.hasPrefix("//") {
            var (inside, escaped, string) = (false, false, "")
            for character in line {
                switch (inside, character) {
                case (false, "\""): (inside, string) = (true, "")
                case (false, _): rest.append(character)
                case (true, _) where escaped:
                    string += character == "n" ? "\n" : String(character)
                    escaped = false
                case (true, "\\"): escaped = true
                case (true, "\""):
                    inside = false
                    strings.append(string)
                case (true, _): string.append(character)
                }
            }
            if inside { return nil }
            rest.append("\n")
        }
        return (rest, strings)
    }

    @Test(arguments: PlanCase.all, [false, true])
    func edgesJoinNodesThatAreThere(plan: PlanCase, isNaive: Bool) throws {
        let plans = try plan.plans()
        let document = try PlanDocument(isNaive ? plans.naive : plans.plan, naive: plans.naive, showsTrace: true)
        let (rest, strings) = try #require(parts(ExplainFormat.dot(document)))
        #expect(rest.count { $0 == "{" } == rest.count { $0 == "}" })
        let lines = rest.split(separator: "\n").map { $0.split(whereSeparator: { " ;".contains($0) }) }
        let edges = lines.filter { $0.count > 2 && $0[1] == "->" }
        let nodes = lines.filter { $0.count > 1 && $0[1].hasPrefix("[") && $0[0] != "node" && $0[0] != "edge" }
            .map { $0[0] }
        #expect(Set(nodes).count == nodes.count)
        #expect(nodes.count == document.steps.flatMap(\.all).count + document.requests.count)
        for edge in edges { #expect(nodes.contains(edge[0]) && nodes.contains(edge[2]), "\(edge)") }
        // Nothing hangs in the air: every request has an arrow that leads to it.
        for index in document.requests.indices { #expect(edges.contains { $0[2] == "request\(index + 1)" }) }
        #expect(edges.count >= document.steps.flatMap(\.all).reduce(0) { $0 + $1.needs.count })
        for request in document.requests {
            #expect(strings.contains { $0.components(separatedBy: "\n").first == request.name })
        }
    }

    @Test(arguments: ["a \"quoted\" name", "back\\slash", "\\", "\\\"", "two\nlines", "{<a> | b}", "\u{7}"])
    func namesAreEscaped(name: String) throws {
        let plan = PlanCase.all[0]
        let problem = try plan.problem()
        let expression = try #require(parseRequests(["gradient"], in: problem).first).expression
        let compiled = try Plan([Request(name, expression)], problem: problem)
        let (_, strings) = try #require(parts(ExplainFormat.dot(PlanDocument(compiled, naive: compiled))))
        let shown = name.replacing("\n", with: " ").replacing("\u{7}", with: " ")
        #expect(strings.contains { $0.components(separatedBy: "\n").first == shown }, "\(strings)")
    }
}
