import Foundation
import Safetensors

@testable import Curvature
@testable import Kernels

/// Opens a safetensors file and reads all of it.
func safetensorsBody() -> (UnsafeRawBufferPointer) -> Void {
    let scratch = ScratchFile("fuzz.safetensors")
    return { bytes in
        scratch.write(bytes)
        do {
            let file = try SafetensorsFile(contentsOf: scratch.url)
            for entry in file.entries {
                _ = try file.values(of: entry.name, as: Double.self)
                _ = try file.values(of: entry.name, as: Float.self)
            }
            for entry in file.entries where !entry.dtype.isFloatingPoint {
                _ = try file.values(of: entry.name, as: Int64.self)
            }
            try readAll(try SafetensorsSource(scratch.url))
        } catch {
            check(error)
        }
    }
}

/// Opens an array or an archive of arrays and reads all of it.
func numpyBody(_ name: String) -> (UnsafeRawBufferPointer) -> Void {
    let scratch = ScratchFile(name)
    return { bytes in
        scratch.write(bytes)
        do {
            let source = try NumPySource(scratch.url)
            try readAll(source)
            // Once more, as the second file of a data set.
            _ = try JoinedSource([source, source])
        } catch {
            check(error)
        }
    }
}

/// Reads every tensor as what a plan would read it as.
private func readAll(_ source: any DataSource) throws {
    for (name, tensor) in source.tensors.sorted(by: { $0.key < $1.key }) {
        let count = tensor.shape.reduce(1, *)
        // What is not in the file cannot be in the tensor: this is the memory that the file takes, and 8 times as much at most.
        let memory = Memory(byteCount: max(1, 8 * count))
        defer { withExtendedLifetime(memory) {} }
        for storage in [Storage.float32, .float64] + (tensor.isInteger ? [.int64, .bool] : []) {
            try source.read(name, from: 0, into: Operand(address: memory.address, storage: storage, sizes: [count]))
        }
    }
}
