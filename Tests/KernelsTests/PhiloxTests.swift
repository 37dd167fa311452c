import Foundation
import Testing

@testable import Kernels

@Suite struct PhiloxTests {
    /// The vectors published with Random123 for Philox 4x32 with 10 rounds.
    @Test func knownAnswers() {
        let all: UInt32 = 0xFFFF_FFFF
        #expect(
            Philox.words(counter: [0, 0, 0, 0], key: [0, 0]) == [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8])
        #expect(
            Philox.words(counter: [all, all, all, all], key: [all, all])
                == [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd])
        #expect(
            Philox.words(
                counter: [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344], key: [0xa409_3822, 0x299f_31d0])
                == [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1])
    }

    @Test func counterLayout() {
        let seed: UInt64 = 0x0123_4567_89AB_CDEF
        let words = Philox.words(
            counter: [0x2222_3333, 5, 0x1100_0007, 0x0100_0009], key: [0x89AB_CDEF, 0x0123_4567])
        let philox = Philox(seed: seed)
        func uniform(_ low: UInt32, _ high: UInt32) -> Double {
            Double((UInt64(high) << 32 | UInt64(low)) >> 11) / 0x1p53
        }
        let example = 0x0111_2222_3333
        #expect(
            philox.uniform(example: example, term: 7, sample: 9, component: 10) == uniform(words[0], words[1]))
        #expect(
            philox.uniform(example: example, term: 7, sample: 9, component: 11) == uniform(words[2], words[3]))
    }
}

@Suite struct PhiloxArrayTests {
    @Test(arguments: [(0, 2500), (1, 2500), (1023, 3), (7, 1)])
    func operandsGetTheDrawsOfTheirPlaces(start: Int, count: Int) {
        let random = Philox(seed: 9)
        let wanted = random.normals(example: 2, term: 1, sample: 3, count: start + count)
        for storage in [Storage.float32, .float64] {
            let memory = Memory(byteCount: count * storage.byteCount)
            defer { withExtendedLifetime(memory) {} }
            let operand = Operand(address: memory.address, storage: storage, sizes: [count])
            random.fillNormals(operand, from: start, example: 2, term: 1, sample: 3)
            let expected = wanted[start...].map { storage == .float32 ? Double(Float($0)) : $0 }
            #expect(operand.doubles == expected)
        }
    }

    @Test func normalsComeFromTheUniformsOfTheirBlock() {
        let random = Philox(seed: 4)
        let found = random.normals(example: 5, count: 4)
        for block in 0..<2 {
            let (u, w) = (
                random.uniform(example: 5, component: 2 * block), random.uniform(example: 5, component: 2 * block + 1)
            )
            // Box and Muller: the squares sum to -2 log of a uniform number, whichever of u and 1 - u it is.
            let square = found[2 * block] * found[2 * block] + found[2 * block + 1] * found[2 * block + 1]
            let candidates = [u, 1 - u, w, 1 - w].map { -2 * log($0) }
            #expect(candidates.contains { abs($0 - square) < 1e-12 * square })
        }
    }
}
