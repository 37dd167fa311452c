// Lists the public symbols of symbol graphs that say nothing of themselves; fails if there is one.
//
//     swift scripts/undocumented.swift Curvature.symbols.json ...

import Foundation

struct SymbolGraph: Decodable {
    struct Symbol: Decodable {
        struct Identifier: Decodable { var precise: String }
        struct Location: Decodable {
            struct Position: Decodable { var line: Int }
            var uri: String
            var position: Position
        }
        struct Comment: Decodable {}
        var identifier: Identifier
        var pathComponents: [String]
        var location: Location?
        var docComment: Comment?

        /// Whether somebody wrote it, and nothing above it. What a conformance brings along is described where it comes from.
        var isUndocumented: Bool {
            docComment == nil && location != nil && !identifier.precise.contains("::SYNTHESIZED::")
        }
    }
    var symbols: [Symbol]
}

var found: [String] = []
for path in CommandLine.arguments.dropFirst() {
    let graph = try JSONDecoder().decode(SymbolGraph.self, from: Data(contentsOf: URL(fileURLWithPath: path)))
    for symbol in graph.symbols where symbol.isUndocumented {
        let place = symbol.location!
        let file = place.uri.components(separatedBy: "/Sources/").last!
        found.append("Sources/\(file):\(place.position.line + 1): \(symbol.pathComponents.joined(separator: "."))")
    }
}
for line in found.sorted() { print(line) }
print("\(found.count) public symbols without a comment")
exit(found.isEmpty ? 0 : 1)
