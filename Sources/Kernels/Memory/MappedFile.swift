#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// A file's bytes, mapped read-only for as long as this object lives.
///
/// Mapped pages that nobody has written are clean: the system can drop them at any time, which is why the memory budget
/// does not count them, and why data sets much larger than memory can be read.
///
/// What is switched off by `@unchecked Sendable`: the compiler cannot see that the bytes behind a pointer do not
/// change. They are mapped without write permission and unmapped only in `deinit`, so any number of threads may read.
///
/// What it cannot promise: a file that another process shortens while it is mapped ends this process with SIGBUS, as it
/// does for everyone who maps files. Replacing a file by renaming (as ``AtomicFile`` does) is safe.
package final class MappedFile: @unchecked Sendable {
    /// The path it was opened with.
    package let path: String

    /// All bytes of the file, page-aligned. Valid while this object lives: keep it in reach with `withExtendedLifetime`,
    /// or use ``withBytes(in:_:)``, which does.
    package let bytes: UnsafeRawBufferPointer

    /// Maps the file at `path`.
    ///
    /// - Throws: ``FileError`` if the file cannot be opened or mapped, or is a folder, a pipe or a device. An empty
    ///   file is no error: it has no bytes.
    package init(path: String) throws(FileError) {
        // Without O_NONBLOCK, opening a pipe that nobody writes to would wait forever.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            throw FileError(path: path, failed: "cannot be opened", remedy: "check the path and its permissions")
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            throw FileError(path: path, failed: "cannot be examined", remedy: "check the disk")
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            let found = status.st_mode & S_IFMT == S_IFDIR ? "a folder" : "a pipe or a device"
            throw FileError(path: path, message: "expected a file, found \(found); give the path of a file on disk")
        }
        let size = Int(status.st_size)
        self.path = path
        guard size > 0 else {
            bytes = UnsafeRawBufferPointer(start: nil, count: 0)
            return
        }
        let address = mmap(nil, size, PROT_READ, MAP_PRIVATE, descriptor, 0)
        guard let address, address != MAP_FAILED else {
            throw FileError(path: path, failed: "cannot be mapped", remedy: "copy it to a local disk")
        }
        bytes = UnsafeRawBufferPointer(start: address, count: size)
    }

    deinit {
        guard let address = bytes.baseAddress else { return }
        munmap(UnsafeMutableRawPointer(mutating: address), bytes.count)
    }

    /// Lends the bytes in `range` to `body`, bounds-checked and without a pointer that could escape.
    ///
    /// - Precondition: `range` lies within the file.
    package func withBytes<Result, Failure: Error>(
        in range: Range<Int>,
        _ body: (RawSpan) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        defer { withExtendedLifetime(self) {} }
        return try body(bytes.bytes.extracting(range))
    }
}
