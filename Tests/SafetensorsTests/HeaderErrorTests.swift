import Foundation
import Testing

@testable import Safetensors

/// A file that cannot be opened as safetensors, and what is said of it.
struct BadFile: CustomTestStringConvertible {
    let testDescription: String
    let bytes: [UInt8]
    let code: SafetensorsError.Code
    let message: String

    init(_ description: String, bytes: [UInt8], _ code: SafetensorsError.Code, _ message: String) {
        testDescription = description
        self.bytes = bytes
        self.code = code
        self.message = message
    }

    init(
        _ description: String, header: String, dataCount: Int = 0, _ code: SafetensorsError.Code, _ message: String
    ) {
        let data = [UInt8](repeating: 0, count: dataCount)
        self.init(description, bytes: fileBytes(header: header, data: data), code, message)
    }
}

private let copy = "the file is incomplete, damaged or not in safetensors format: copy or save it again"
private let save = "save the file again with a safetensors library"

@Suite struct HeaderErrorTests {
    static let lengths = [
        BadFile(
            "empty file", bytes: [], .header,
            "expected a header length of 8 bytes, found a file of 0 bytes; \(copy)"),
        BadFile(
            "seven bytes", bytes: [2, 0, 0, 0, 0, 0, 0], .header,
            "expected a header length of 8 bytes, found a file of 7 bytes; \(copy)"),
        BadFile(
            "header beyond the file", bytes: littleEndian(UInt64(3)) + Array("{}".utf8), .header,
            "expected a header of 3 bytes, found 2 in the file; \(copy)"),
        BadFile(
            "header above the limit", bytes: littleEndian(UInt64(100_000_001)) + Array("{}".utf8), .header,
            "expected a header of at most 100000000 bytes, found a length of 100000001; \(copy)"),
        BadFile(
            "header length that no Int holds", bytes: littleEndian(UInt64.max) + Array("{}".utf8), .header,
            "expected a header of at most 100000000 bytes, found a length of 18446744073709551615; \(copy)"),
    ]

    static let texts = [
        BadFile("empty header", header: "", .header, "expected a header in JSON, found other text; \(copy)"),
        BadFile(
            "not UTF-8", bytes: fileBytes(header: [0x7B, 0xFF, 0x7D]), .header,
            "expected a header in UTF-8, found other bytes; \(copy)"),
        BadFile(
            "UTF-16", bytes: fileBytes(header: [0x7B, 0, 0x7D, 0]), .header,
            "expected a header in UTF-8, found other bytes; \(copy)"),
        BadFile("not JSON", header: "{", .header, "expected a header in JSON, found other text; \(copy)"),
        BadFile("text after", header: "{} x", .header, "expected a header in JSON, found other text; \(copy)"),
        BadFile(
            "half a surrogate pair", header: #"{"\ud800": {}}"#, .header,
            "expected a header in JSON, found other text; \(copy)"),
        BadFile(
            "nested too deeply", header: String(repeating: "[", count: 100_000), .header,
            "expected a header in JSON, found other text; \(copy)"),
        BadFile(
            "nested deeply", header: String(repeating: "[", count: 500) + String(repeating: "]", count: 500), .header,
            "expected a JSON object as header, found [[[[[[[[[...]]]]]]]]]; \(copy)"),
        BadFile(
            "an array", header: "[1, 2.5]", .header, "expected a JSON object as header, found [1, 2.5]; \(copy)"),
        BadFile("a string", header: #""x""#, .header, #"expected a JSON object as header, found "x"; \#(copy)"#),
        BadFile("null", header: "null", .header, "expected a JSON object as header, found null; \(copy)"),
        BadFile(
            "duplicate name",
            header: """
                {"a": {"dtype": "U8", "shape": [1], "data_offsets": [0, 1]},
                "a": {"dtype": "I8", "shape": [1], "data_offsets": [0, 1]}}
                """, dataCount: 1, .header,
            #"expected each key once, found "a" twice in the header; \#(save)"#),
        BadFile(
            "names that Unicode calls equal", header: #"{"\u00e9": {}, "e\u0301": {}}"#, .header,
            #"expected each key once, found "é" twice in the header; \#(save)"#),
        BadFile(
            "duplicate field",
            header: #"{"a": {"dtype": "U8", "dtype": "I8", "shape": [1], "data_offsets": [0, 1]}}"#, dataCount: 1,
            .header, #"expected each key once, found "a", "dtype" twice in the header; \#(save)"#),
        BadFile(
            "metadata is no object", header: #"{"__metadata__": 3}"#, .header,
            "__metadata__: expected an object, found 3; \(save)"),
        BadFile(
            "metadata with a number", header: #"{"__metadata__": {"a": "b", "c": 3}}"#, .header,
            #"__metadata__: expected a string for "c", found 3; \#(save)"#),
    ]

    static let tensors = [
        BadFile(
            "no object", header: #"{"w": [true]}"#, .tensor,
            #"tensor "w": expected an object, found [true]; \#(save)"#),
        BadFile(
            "no dtype", header: #"{"w": {"shape": [1], "data_offsets": [0, 4]}}"#, dataCount: 4, .tensor,
            #"tensor "w": expected a string as dtype, found nothing; \#(save)"#),
        BadFile(
            "dtype of a wrong type", header: #"{"w": {"dtype": {"a": 1}, "shape": [1], "data_offsets": [0, 4]}}"#,
            dataCount: 4, .tensor, #"tensor "w": expected a string as dtype, found an object; \#(save)"#),
        BadFile(
            "unknown dtype", header: #"{"w": {"dtype": "F8_E4M3", "shape": [4], "data_offsets": [0, 4]}}"#,
            dataCount: 4, .tensor,
            #"tensor "w": expected a dtype of F64, F32, F16, BF16, I64, I32, I16, I8, U64, U32, U16, U8, BOOL, "#
                + #"found "F8_E4M3"; convert the tensor to one of these"#),
        BadFile(
            "no shape", header: #"{"w": {"dtype": "F32", "data_offsets": [0, 4]}}"#, dataCount: 4, .tensor,
            #"tensor "w": expected integers of at least 0 as shape, found nothing; \#(save)"#),
        BadFile(
            "negative dimension", header: #"{"w": {"dtype": "F32", "shape": [-1, -1], "data_offsets": [0, 4]}}"#,
            dataCount: 4, .tensor,
            #"tensor "w": expected integers of at least 0 as shape, found [-1, -1]; \#(save)"#),
        BadFile(
            "fraction as dimension", header: #"{"w": {"dtype": "F32", "shape": [1.5], "data_offsets": [0, 4]}}"#,
            dataCount: 4, .tensor,
            #"tensor "w": expected integers of at least 0 as shape, found [1.5]; \#(save)"#),
        BadFile(
            "dimension that no Int holds",
            header: #"{"w": {"dtype": "F32", "shape": [9223372036854775808], "data_offsets": [0, 4]}}"#,
            dataCount: 4, .tensor,
            #"tensor "w": expected integers of at least 0 as shape, found [9.223372036854776e+18]; \#(save)"#),
        BadFile(
            "dimension that no Double holds",
            header: #"{"w": {"dtype": "F32", "shape": [1e999], "data_offsets": [0, 4]}}"#, dataCount: 4, .tensor,
            #"tensor "w": expected integers of at least 0 as shape, found [an unreadable value]; \#(save)"#),
        BadFile(
            "truth as dimension", header: #"{"w": {"dtype": "F32", "shape": [true], "data_offsets": [0, 4]}}"#,
            dataCount: 4, .tensor,
            #"tensor "w": expected integers of at least 0 as shape, found [true]; \#(save)"#),
        BadFile(
            "many wrong dimensions",
            header: #"{"w": {"dtype": "F32", "shape": [1,1,1,1,1,1,1,1,""], "data_offsets": [0, 4]}}"#, dataCount: 4,
            .tensor,
            #"tensor "w": expected integers of at least 0 as shape, found an array of 9 values; \#(save)"#),
        BadFile(
            "shape whose product overflows",
            header: #"{"w": {"dtype": "F32", "shape": [4294967296, 4294967296], "data_offsets": [0, 4]}}"#,
            dataCount: 4, .tensor,
            #"tensor "w": expected a shape of at most 9223372036854775807 bytes, "#
                + "found F32 [4294967296, 4294967296]; \(save)"),
        BadFile(
            "sizes beside a zero",
            header: #"{"w": {"dtype": "F32", "shape": [0, 4294967296, 4294967296], "data_offsets": [0, 0]}}"#,
            .tensor,
            #"tensor "w": expected a shape of at most 9223372036854775807 bytes, "#
                + "found F32 [0, 4294967296, 4294967296]; \(save)"),
        BadFile(
            "shape whose bytes overflow",
            header: #"{"w": {"dtype": "F32", "shape": [4611686018427387904], "data_offsets": [0, 0]}}"#, .tensor,
            #"tensor "w": expected a shape of at most 9223372036854775807 bytes, "#
                + "found F32 [4611686018427387904]; \(save)"),
        BadFile(
            "one offset", header: #"{"w": {"dtype": "F32", "shape": [1], "data_offsets": [4]}}"#, dataCount: 4,
            .tensor,
            #"tensor "w": expected data_offsets [begin, end] with 0 <= begin <= end, found [4]; \#(save)"#),
        BadFile(
            "begin after end", header: #"{"w": {"dtype": "F32", "shape": [1], "data_offsets": [8, 4]}}"#,
            dataCount: 8, .tensor,
            #"tensor "w": expected data_offsets [begin, end] with 0 <= begin <= end, found [8, 4]; \#(save)"#),
        BadFile(
            "negative offset", header: #"{"w": {"dtype": "F32", "shape": [1], "data_offsets": [-4, 0]}}"#, .tensor,
            #"tensor "w": expected data_offsets [begin, end] with 0 <= begin <= end, found [-4, 0]; \#(save)"#),
        BadFile(
            "wrong length", header: #"{"w": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 20]}}"#,
            dataCount: 20, .tensor,
            #"tensor "w": expected data_offsets 24 bytes apart for F32 [2, 3], found [0, 20], 20 bytes apart; "#
                + save),
        BadFile(
            "offsets beyond the file", header: #"{"w": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}"#,
            dataCount: 7, .tensor,
            #"tensor "w": expected data_offsets within 7 bytes of data, found [0, 8]; \#(copy)"#),
        BadFile(
            "offsets near the largest Int",
            header:
                #"{"w": {"dtype": "U8", "shape": [7], "data_offsets": [9223372036854775800, 9223372036854775807]}}"#,
            dataCount: 7, .tensor,
            #"tensor "w": expected data_offsets within 7 bytes of data, "#
                + "found [9223372036854775800, 9223372036854775807]; \(copy)"),
        BadFile(
            "a name of many lines", header: #"{"a\nb": 1}"#, .tensor,
            #"tensor "a\nb": expected an object, found 1; \#(save)"#),
        BadFile(
            "a name too long for a line", header: #"{"\#(String(repeating: "n", count: 1000))": 1}"#, .tensor,
            #"tensor "\#(String(repeating: "n", count: 77))...": expected an object, found 1; \#(save)"#),
    ]

    static let layouts = [
        BadFile(
            "overlap",
            header: """
                {"a": {"dtype": "U8", "shape": [4], "data_offsets": [0, 4]},
                "b": {"dtype": "U8", "shape": [4], "data_offsets": [3, 7]}}
                """, dataCount: 7, .layout,
            #"tensor "b": expected data_offsets to begin at 4, after tensor "a", found 3, an overlap of 1 bytes; "#
                + save),
        BadFile(
            "the same bytes twice",
            header: """
                {"a": {"dtype": "U8", "shape": [4], "data_offsets": [0, 4]},
                "b": {"dtype": "U8", "shape": [4], "data_offsets": [0, 4]}}
                """, dataCount: 4, .layout,
            #"tensor "b": expected data_offsets to begin at 4, after tensor "a", found 0, an overlap of 4 bytes; "#
                + save),
        BadFile(
            "an empty tensor inside another",
            header: """
                {"a": {"dtype": "U8", "shape": [4], "data_offsets": [0, 4]},
                "b": {"dtype": "U8", "shape": [0], "data_offsets": [2, 2]}}
                """, dataCount: 4, .layout,
            #"tensor "b": expected data_offsets to begin at 4, after tensor "a", found 2, an overlap of 2 bytes; "#
                + save),
        BadFile(
            "hole",
            header: """
                {"a": {"dtype": "U8", "shape": [4], "data_offsets": [0, 4]},
                "b": {"dtype": "U8", "shape": [4], "data_offsets": [6, 10]}}
                """, dataCount: 10, .layout,
            #"tensor "b": expected data_offsets to begin at 4, after tensor "a", found 6, a hole of 2 bytes; \#(save)"#
        ),
        BadFile(
            "hole after the header", header: #"{"a": {"dtype": "U8", "shape": [4], "data_offsets": [1, 5]}}"#,
            dataCount: 5, .layout,
            #"tensor "a": expected data_offsets to begin at 0, after the header, found 1, a hole of 1 bytes; \#(save)"#
        ),
        BadFile(
            "trailing bytes", header: #"{"a": {"dtype": "U8", "shape": [4], "data_offsets": [0, 4]}}"#,
            dataCount: 6, .layout,
            #"expected 4 bytes of data, up to the end of tensor "a", found 6; \#(copy)"#),
        BadFile(
            "no tensors but data", header: "{}", dataCount: 1, .layout,
            "expected 0 bytes of data, up to the end of the header, found 1; \(copy)"),
    ]

    @Test(arguments: lengths + texts + tensors + layouts)
    func badFileIsOneError(_ bad: BadFile) throws {
        let folder = try TemporaryFolder()
        let url = try folder.file("bad.safetensors", bad.bytes)
        let error = try #require(throws: SafetensorsError.self) { try SafetensorsFile(contentsOf: url) }
        #expect(error.description == "bad.safetensors: \(bad.message)")
        #expect(error.code == bad.code)
        #expect(!error.description.contains { $0.isNewline })
    }

    @Test func unreadableFilesAreErrors() throws {
        let folder = try TemporaryFolder()
        let missing = try #require(throws: SafetensorsError.self) {
            try SafetensorsFile(contentsOf: URL(filePath: "none.safetensors", relativeTo: folder.url))
        }
        #expect(
            missing.description
                == "none.safetensors: cannot be opened: No such file or directory; check the path and its permissions")
        #expect(missing.code == .file)

        let isFolder = try #require(throws: SafetensorsError.self) { try SafetensorsFile(contentsOf: folder.url) }
        #expect(isFolder.message == "expected a file, found a folder; give the path of a file on disk")
        #expect(isFolder.code == .file)
    }
}
