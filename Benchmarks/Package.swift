// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "Benchmarks",
    dependencies: [.package(name: "swift-curvature", path: "..")],
    targets: [
        .systemLibrary(name: "CBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
        .executableTarget(
            name: "Benchmarks", dependencies: ["CBLAS", .product(name: "Curvature", package: "swift-curvature")]),
    ],
    swiftLanguageModes: [.v6]
)
