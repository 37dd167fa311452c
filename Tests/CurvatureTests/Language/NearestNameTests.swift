import Testing

@testable import Curvature

@Suite struct NearestNameTests: LanguageSuite {
    static let names = ["hessian", "ggn", "gradient", "jacobian", "empirical_fisher", "V", "identity", "identify"]

    @Test(
        arguments: [
            ("hesian", "hessian"), ("hessain", "hessian"), ("Hessian", "hessian"), ("HESSIAN", "hessian"),
            ("gnn", "ggn"),
            ("empirical-fisher", "empirical_fisher"), ("v", "V"), ("w", nil), ("gg", nil), ("identi_y", "identify"),
            ("identit", "identity"),
            ("zebra", nil), ("", nil), (String(repeating: "h", count: 100_000), nil),
        ] as [(String, String?)])
    func nearest(_ name: String, _ expected: String?) {
        #expect(NearestName.nearest(to: name, in: Self.names) == expected)
        #expect(NearestName.nearest(to: name, in: Self.names.reversed()) == expected)
    }

    @Test(arguments: [
        ("", "", 0), ("abc", "abc", 0), ("abc", "", 3), ("ab", "ba", 1), ("kitten", "sitting", 3), ("abcd", "acbd", 1),
    ])
    func distance(_ left: String, _ right: String, _ expected: Int) {
        #expect(NearestName.distance(Array(left.unicodeScalars), Array(right.unicodeScalars)) == expected)
        #expect(NearestName.distance(Array(right.unicodeScalars), Array(left.unicodeScalars)) == expected)
    }
}
