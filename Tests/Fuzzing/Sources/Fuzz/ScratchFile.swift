import Foundation

/// A file that is written anew for each input, in the folder for temporary files: readers map files, they take no bytes.
final class ScratchFile {
    let url: URL

    init(_ name: String) {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("fuzz-\(getpid())")
        guard (try? FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)) != nil else {
            fatalError("\(folder.path): cannot be made; give another folder as TMPDIR")
        }
        url = folder.appendingPathComponent(name)
    }

    func write(_ bytes: UnsafeRawBufferPointer) {
        guard let file = fopen(url.path, "wb") else { fatalError("\(url.path): cannot be opened") }
        let count = fwrite(bytes.baseAddress ?? UnsafeRawPointer(file), 1, bytes.count, file)
        precondition(fclose(file) == 0 && count == bytes.count, "\(url.path): cannot be written")
    }
}
