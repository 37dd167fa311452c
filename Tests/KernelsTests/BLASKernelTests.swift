import Testing

@testable import Kernels

/// Which kernel is chosen, on processors and libraries that are not here.
@Suite struct BLASKernelTests {
    /// A library with these kernels, of which some multiply wrong.
    private final class Library: ChoosesKernel {
        var name: String?
        let detected: String
        let available: [String]
        let wrong: Set<String>
        let canChoose: Bool
        init(detected: String, available: [String], wrong: Set<String> = [], canChoose: Bool = true) {
            (name, self.detected, self.available) = (detected, detected, available)
            (self.wrong, self.canChoose) = (wrong, canChoose)
        }
        func choose(_ kernel: String?) {
            name = kernel.flatMap { available.contains($0) ? $0 : nil } ?? detected
        }
        var areProductsRight: Bool { !wrong.contains(name!) }
    }

    private let newer = Processor(name: "newer", features: 0b11111, isAMD: false)
    private let all = ["Prescott", "Nehalem", "Sandybridge", "Haswell", "Zen", "SkylakeX", "Cooperlake"]

    @Test func theBestThatTheProcessorCanRun() {
        let cases: [(features: Int32, isAMD: Bool, kernel: String)] = [
            (0b11111, false, "Cooperlake"), (0b01111, false, "SkylakeX"), (0b00111, false, "Haswell"),
            (0b00111, true, "Zen"), (0b00011, false, "Sandybridge"), (0b00001, false, "Nehalem"),
        ]
        for entry in cases {
            let processor = Processor(name: "", features: entry.features, isAMD: entry.isAMD)
            let found = BLASKernel.choose(
                for: processor, asked: nil, from: Library(detected: "Prescott", available: all))
            #expect(found == BLASKernel(name: entry.kernel, replaced: "Prescott"))
        }
    }

    @Test func whatIsGoodEnoughStays() {
        for name in ["SkylakeX", "Cooperlake", "Graniterapids"] {
            let found = BLASKernel.choose(for: newer, asked: nil, from: Library(detected: name, available: all))
            #expect(found == BLASKernel(name: name))
        }
        let plain = Processor(name: "", features: 0, isAMD: false)
        let found = BLASKernel.choose(for: plain, asked: nil, from: Library(detected: "ARMV8", available: ["ARMV8"]))
        #expect(found == BLASKernel(name: "ARMV8"))
    }

    @Test func oneThatMultipliesWrongIsTakenBack() {
        let library = Library(detected: "Prescott", available: all, wrong: ["Cooperlake", "SkylakeX"])
        #expect(
            BLASKernel.choose(for: newer, asked: nil, from: library)
                == BLASKernel(name: "Haswell", replaced: "Prescott"))
        let hopeless = Library(detected: "Prescott", available: all, wrong: Set(all))
        let found = BLASKernel.choose(for: newer, asked: nil, from: hopeless)
        #expect(found.name == "Prescott" && found.replaced == nil)
        #expect(found.warning?.contains("because no better one gave right products") == true)
    }

    @Test func whatTheUserAskedForStays() {
        let library = Library(detected: "Nehalem", available: all)
        #expect(BLASKernel.choose(for: newer, asked: "NEHALEM", from: library) == BLASKernel(name: "Nehalem"))
        #expect(
            BLASKernel.choose(for: newer, asked: "Foo", from: Library(detected: "Prescott", available: all)).warning
                == "OPENBLAS_CORETYPE=Foo names no kernel that this OpenBLAS has for this processor; Prescott runs")
    }

    @Test func aLibraryThatCannotChoose() {
        let library = Library(detected: "Prescott", available: all, canChoose: false)
        let found = BLASKernel.choose(for: newer, asked: nil, from: library)
        #expect(found.name == "Prescott")
        #expect(found.warning?.contains("cannot be told to choose again; install a newer OpenBLAS") == true)
    }

    /// The one that runs here.
    @Test func productsAreRight() {
        BLAS.prepare()
        #expect(ProductCheck().passes)
    }
}
