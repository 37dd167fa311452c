// swift-tools-version: 6.1
import PackageDescription

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
        .target(name: "Kernels", dependencies: ["COpenBLAS", "CTBB", "CKernels"]),
        .target(name: "TensorIR", dependencies: ["Kernels"]),
        .target(name: "Safetensors", dependencies: ["Kernels"]),
        .target(name: "Curvature", dependencies: ["TensorIR", "Safetensors", "Kernels"]),
        .target(
            name: "ONNXImport",
            dependencies: ["Curvature", "TensorIR", "Kernels", "Safetensors", .product(name: "SwiftProtobuf", package: "swift-protobuf")],
            exclude: ["Protobuf/onnx.proto"]),
        .executableTarget(
            name: "CurvatureCommand",
            dependencies: [
                "Curvature", "ONNXImport", .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]),
        .testTarget(name: "KernelsTests", dependencies: ["Kernels"]),
        .testTarget(name: "TensorIRTests", dependencies: ["TensorIR", "Kernels"]),
        .testTarget(name: "SafetensorsTests", dependencies: ["Safetensors", "Kernels"]),
        .testTarget(name: "CurvatureTests", dependencies: ["Curvature", "ONNXImport", "TensorIR", "Kernels", "Safetensors"]),
    ],
    swiftLanguageModes: [.v6],
    cLanguageStandard: .c11,
    cxxLanguageStandard: .cxx17
)
