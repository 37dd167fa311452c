import Foundation

#if canImport(FoundationXML)
    import FoundationXML
#endif

/// An image as an XML parser sees it, which refuses what is not well formed.
struct SVGDocument {
    struct Element {
        var name: String
        var attributes: [String: String]
        /// With that of the elements within.
        var text = ""
        func number(_ attribute: String) -> Double { attributes[attribute].flatMap(Double.init) ?? .nan }
    }
    /// In the order in which they begin.
    var elements: [Element]

    init(_ text: String) throws {
        let parser = XMLParser(data: Data(text.utf8))
        let reader = Reader()
        parser.delegate = reader
        guard parser.parse() else { throw parser.parserError ?? CocoaError(.fileReadCorruptFile) }
        elements = reader.elements
    }

    func elements(_ name: String, class type: String? = nil) -> [Element] {
        elements.filter { $0.name == name && (type == nil || $0.attributes["class"] == type) }
    }

    /// The corners of the path of a curve.
    func points(ofCurve index: Int) -> [(x: Double, y: Double)] {
        let path = elements("path", class: "density")[index].attributes["d"]!
        return path.dropFirst().split(separator: "L").map { point in
            let numbers = point.split(separator: " ").map { Double($0)! }
            return (numbers[0], numbers[1])
        }
    }

    private final class Reader: NSObject, XMLParserDelegate {
        var elements: [Element] = []
        private var open: [Int] = []
        func parser(
            _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
            attributes: [String: String]
        ) {
            open.append(elements.count)
            elements.append(Element(name: name, attributes: attributes))
        }
        func parser(
            _ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?
        ) { open.removeLast() }
        func parser(_ parser: XMLParser, foundCharacters text: String) {
            for index in open { elements[index].text += text }
        }
    }
}
