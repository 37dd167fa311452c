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
