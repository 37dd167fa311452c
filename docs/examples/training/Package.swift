// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "Training",
    dependencies: [.package(name: "swift-curvature", path: "../../..")],
    targets: [
        .executableTarget(
            name: "Training",
            dependencies: [
                .product(name: "Curvature", package: "swift-curvature"),
                .product(name: "Safetensors", package: "swift-curvature"),
            ])
    ],
    swiftLanguageModes: [.v6]
)
