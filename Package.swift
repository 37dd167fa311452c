// swift-tools-version: 6.2
import PackageDescription

// `make test` turns warnings into errors; whoever builds with another compiler is spared its new ones.
let strict: [SwiftSetting] = Context.environment["CURVATURE_STRICT"] == nil ? [] : [.treatAllWarnings(as: .error)]

let package = Package(
    name: "swift-curvature",
    products: [
        .library(name: "Curvature", targets: ["Curvature"]),
        .library(name: "ONNXImport", targets: ["ONNXImport"]),
        .library(name: "Safetensors", targets: ["Safetensors"]),
        .executable(name: "curvature", targets: ["CurvatureCommand"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
        .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
    ],
    targets: [
        // BLAS and LAPACK. Parallelism comes from TBB above it, one OpenBLAS thread per call.
        .systemLibrary(name: "COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
        // A C header over oneTBB: nothing of C++ reaches Swift.
        .target(name: "CTBB", linkerSettings: [.linkedLibrary("tbb")]),
        // Inner loops that the compiler vectorizes for the processor it meets (`target_clones`).
        .target(name: "CKernels"),
        // What the processor offers, and OpenBLAS's choice of a kernel for it.
        .target(name: "CProcessor"),
        .target(
            name: "Kernels", dependencies: ["COpenBLAS", "CTBB", "CKernels", "CProcessor"], swiftSettings: strict),
        .target(name: "TensorIR", dependencies: ["Kernels"], swiftSettings: strict),
        .target(name: "Safetensors", dependencies: ["Kernels"], swiftSettings: strict),
        .target(name: "Curvature", dependencies: ["TensorIR", "Safetensors", "Kernels"], swiftSettings: strict),
        .target(
            name: "ONNXImport",
            dependencies: [
                "Curvature", "TensorIR", "Kernels", "Safetensors",
                .product(name: "SwiftProtobuf", package: "swift-protobuf"),
            ],
            exclude: ["Protobuf/onnx.proto"],
            swiftSettings: strict),
        .executableTarget(
            name: "CurvatureCommand",
            dependencies: [
                "Curvature", "ONNXImport", .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: strict),
        .testTarget(name: "KernelsTests", dependencies: ["Kernels"], swiftSettings: strict),
        .testTarget(name: "TensorIRTests", dependencies: ["TensorIR", "Kernels"], swiftSettings: strict),
        .testTarget(name: "SafetensorsTests", dependencies: ["Safetensors", "Kernels"], swiftSettings: strict),
        .testTarget(
            name: "CurvatureTests", dependencies: ["Curvature", "ONNXImport", "TensorIR", "Kernels", "Safetensors"],
            swiftSettings: strict),
        // What the benchmarks' plans are expected to do, without their times.
        .testTarget(
            name: "BenchmarkTests", dependencies: ["Curvature"], path: "Benchmarks",
            exclude: [
                "Package.swift", "counts.json", "Sources/CBLAS", "Sources/Benchmarks/Agreement.swift",
                "Sources/Benchmarks/BarChart.swift", "Sources/Benchmarks/Benchmarks.swift",
                "Sources/Benchmarks/CostComparison.swift",
                "Sources/Benchmarks/MatrixProductComparison.swift", "Sources/Benchmarks/MatrixProducts.swift",
                "Sources/Benchmarks/Measurement.swift", "Sources/Benchmarks/Quartiles.swift",
                "Sources/Benchmarks/Report.swift", "Sources/Benchmarks/Table.swift",
            ],
            sources: ["Sources/Benchmarks/Cases", "Tests"],
            swiftSettings: strict),
        .testTarget(
            name: "CommandTests",
            dependencies: ["CurvatureCommand", "ONNXImport", "Safetensors"],
            swiftSettings: strict),
    ],
    swiftLanguageModes: [.v6],
    cLanguageStandard: .c11,
    cxxLanguageStandard: .cxx17
)
