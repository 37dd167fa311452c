// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "Fuzzing",
    dependencies: [.package(name: "swift-curvature", path: "../..")],
    targets: [
        .executableTarget(
            name: "Fuzz",
            dependencies: [
                .product(name: "Curvature", package: "swift-curvature"),
                .product(name: "ONNXImport", package: "swift-curvature"),
                .product(name: "Safetensors", package: "swift-curvature"),
            ],
            // libFuzzer brings the `main` that others have in a file of theirs.
            swiftSettings: [.unsafeFlags(["-parse-as-library"])])
    ],
    swiftLanguageModes: [.v6]
)
