import Foundation
import Testing

@testable import CurvatureCommand

/// Files that are missing, damaged, or something else than what they are taken for.
@Suite struct FileMistakeTests {
    private static let toONNX = "export the network to ONNX, for example with torch.onnx.export"
    private static let toSafetensors =
        "save the tensors in safetensors format, for example with safetensors.torch.save_file"
    private static let missing = "cannot be opened: No such file or directory; check the path and its permissions"

    static let models: [Mistake] = [
        .eval("--model", "missing.onnx", says: "missing.onnx: \(missing)"),
        Mistake(["inspect", "missing.onnx"], "missing.onnx: \(missing)"),
        .eval(
            "--model", "m.pt",
            says: "m.pt: expected an ONNX model, found a zip archive, as torch.save and numpy.savez write it; \(toONNX)"
        ),
        .eval(
            "--model", "old.pt",
            says: "old.pt: expected an ONNX model, found a Python pickle, as torch.save once wrote it; \(toONNX)"),
        Mistake(
            ["inspect", "m.zip"],
            "m.zip: expected an ONNX model, found a zip archive, as torch.save and numpy.savez write it; \(toONNX)"),
        .eval(
            "--model", "page.onnx",
            says: "page.onnx: expected an ONNX model, found a web page (HTML); download the file itself"),
        .eval(
            "--model", "pointer.onnx",
            says:
                "pointer.onnx: expected an ONNX model, found a pointer of Git LFS; fetch the file itself with 'git lfs pull'"
        ),
        .eval("--model", "json.onnx", says: "json.onnx: expected an ONNX model, found JSON text; \(toONNX)"),
        .eval(
            "--model", "v.safetensors",
            says: "v.safetensors: expected an ONNX model, found a safetensors file; \(toONNX)"),
        .eval("--model", "inputs.npy", says: "inputs.npy: expected an ONNX model, found an array of NumPy; \(toONNX)"),
        .eval("--model", "empty.onnx", says: "empty.onnx: the file is empty; expected an ONNX model"),
        .eval(
            "--model", "notes.onnx",
            says: "notes.onnx: expected an ONNX model, found a damaged one or another file; copy or export it again"),
        .eval(
            "--model", "cut.onnx",
            says:
                "cut.onnx: expected an ONNX model, found a file that is cut off after 168 bytes, or another one; copy or export it again"
        ),
        .eval(
            "--model", "external.onnx",
            says:
                "external.onnx: initializer 'fc.weight': its values are in 'external.onnx.data' in the model's folder, which cannot be read; keep the two files together"
        ),
    ]
    @Test(arguments: models) func networks(mistake: Mistake) throws { try mistake.check() }

    static let tensors: [Mistake] = [
        .eval("--data", "missing.safetensors", says: "missing.safetensors: \(missing)"),
        .eval("--data", "missing.npz", says: "missing.npz: \(missing)"),
        .eval("--vectors", "missing.safetensors", says: "missing.safetensors: \(missing)"),
        .eval(
            "--data", "m.pt",
            says:
                "m.pt: expected a safetensors file, found a zip archive, as torch.save and numpy.savez write it; \(toSafetensors)"
        ),
        .eval(
            "--weights", "old.pt",
            says:
                "old.pt: expected a safetensors file, found a Python pickle, as torch.save once wrote it; \(toSafetensors)"
        ),
        .eval(
            "--data", "page.safetensors",
            says: "page.safetensors: expected a safetensors file, found a web page (HTML); download the file itself"),
        .eval(
            "--vectors", "m.onnx", says: "m.onnx: expected a safetensors file, found an ONNX model; \(toSafetensors)"),
        .eval(
            "--data", "cut.safetensors",
            says:
                "cut.safetensors: tensor \"targets\": expected data_offsets within 118 bytes of data, found [96, 128]; the file is incomplete, damaged or not in safetensors format: copy or save it again"
        ),
        .eval(
            "--data", "tiny.safetensors",
            says:
                "tiny.safetensors: expected a header length of 8 bytes, found a file of 2 bytes; the file is incomplete, damaged or not in safetensors format: copy or save it again"
        ),
        .eval(
            "--data", "no-header.safetensors",
            says:
                "no-header.safetensors: tensor \"inputs\": expected an object, found 3; save the file again with a safetensors library"
        ),
        .eval(
            "--data", "bad-offsets.safetensors",
            says:
                "bad-offsets.safetensors: tensor \"inputs\": expected data_offsets 96 bytes apart for F64 [4, 3], found [0, 90], 90 bytes apart; save the file again with a safetensors library"
        ),
        .eval(
            "--data", "bad-type.safetensors",
            says:
                "bad-type.safetensors: tensor \"inputs\": expected a dtype of F64, F32, F16, BF16, I64, I32, I16, I8, U64, U32, U16, U8, BOOL, found \"C64\"; convert the tensor to one of these"
        ),
        .eval(
            "--data", "columns.npy",
            says: "columns.npy: it is stored column by column; save it with numpy.ascontiguousarray"),
        .eval(
            "--data", "objects.npy",
            says: "objects.npy: its elements are '|O'; expected floating-point numbers, integers or booleans"),
        .eval("--data", "cut.npy", says: "cut.npy: its shape [4, 3] takes 96 bytes, found 22"),
    ]
    @Test(arguments: tensors) func dataAndVectors(mistake: Mistake) throws { try mistake.check() }

    static let checkpoints: [Mistake] = [
        .eval(
            "--weights", "sequential.safetensors",
            says:
                "sequential.safetensors: it does not hold this model's parameters: 'fc.weight' is missing; 'fc.bias' is missing; the model has no parameter '0.weight'; the model has no parameter '0.bias'"
        ),
        .eval(
            "--weights", "transposed.safetensors",
            says:
                "transposed.safetensors: it does not hold this model's parameters: 'fc.weight' has shape [2, 3], expected [3, 2]"
        ),
        .eval(
            "hessian @ a", "--vector", "a=half.safetensors",
            says: "half.safetensors: it is no vector of this problem's parameters: 'fc.bias' is missing"),
        .eval(
            "kfac @ v", "--load-factors", "d.safetensors",
            says: "d.safetensors: expected factors that --save-factors wrote, found other tensors"),
    ]
    @Test(arguments: checkpoints) func otherWeights(mistake: Mistake) throws { try mistake.check() }

    @Test func foldersInTheirPlace() throws {
        let folder = try MistakeFolder()
        let found = "expected a file, found a folder; give the path of a file on disk"
        for name in ["m.onnx", "d.safetensors"] {
            let path = folder.url.appendingPathComponent("folder").path
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            var arguments = ["eval", "loss"] + MistakeFolder.problem
            arguments[try #require(arguments.firstIndex(of: name))] = path
            let failure = try #require(try folder.failure(arguments))
            #expect(folder.text(failure.line) == "error: folder: \(found)")
            #expect(failure.status == 2)
        }
    }
}
