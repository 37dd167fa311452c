#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// A file that appears whole or not at all.
///
///     var file = try AtomicFile(path: "result.safetensors")
///     try file.append(header.span.bytes)
///     try file.commit()
///
/// The bytes go to a temporary file beside the target, which `commit` flushes to the disk and renames over the target.
/// Whoever reads the target meanwhile sees the old file, and if this value goes away without a commit, because an error
/// was thrown, the temporary file is removed and the target is as it was.
package struct AtomicFile: ~Copyable {
    private let path: String
    private let target: String
    private let temporary: String
    private let descriptor: Int32
    private var isCommitted = false

    /// Begins a file that is to appear at `path`.
    ///
    /// A symbolic link stays one: the file that it leads to is replaced. A file that exists keeps its permissions.
    ///
    /// - Throws: ``FileError`` if the folder does not exist or cannot be written to, or `path` is a folder or a device.
    package init(path: String) throws(FileError) {
        var target = path
        var permissions: mode_t?
        if let resolved = realpath(path, nil) {
            target = String(cString: resolved)
            free(resolved)
            var status = stat()
            if stat(target, &status) == 0 {
                // Renaming over a device would replace the device.
                guard status.st_mode & S_IFMT == S_IFREG else {
                    let found = status.st_mode & S_IFMT == S_IFDIR ? "a folder" : "a pipe or a device"
                    throw FileError(path: path, message: "expected a file to write, found \(found); give another path")
                }
                permissions = status.st_mode & 0o777
            }
        }
        // The name does not contain the target's, which may already be as long as a name can be.
        let folder = target.lastIndex(of: "/").map { target[...$0] } ?? ""
        let temporary = "\(folder).curvature-\(String(UInt64.random(in: 0...UInt64.max), radix: 36)).tmp"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else {
            throw FileError(
                path: path, failed: "cannot be written", remedy: "check that its folder exists and can be written to")
        }
        if let permissions {
            fchmod(descriptor, permissions)
        }
        self.path = path
        self.target = target
        self.temporary = temporary
        self.descriptor = descriptor
    }

    /// Appends `bytes`.
    ///
    /// - Throws: ``FileError``, for example when the disk is full.
    package mutating func append(_ bytes: RawSpan) throws(FileError) {
        let written = bytes.withUnsafeBytes { buffer in
            var rest = buffer[...]
            while !rest.isEmpty {
                let piece = UnsafeRawBufferPointer(rebasing: rest)
                let count = write(descriptor, piece.baseAddress, piece.count)
                if count < 0 {
                    guard errno == EINTR else { return false }
                } else {
                    rest = rest.dropFirst(count)
                }
            }
            return true
        }
        guard written else {
            throw FileError(path: path, failed: "cannot be written", remedy: "check the space on the disk")
        }
    }

    /// Lets the file appear at its path.
    ///
    /// - Throws: ``FileError``, for example when the disk is full. The target is then as it was.
    package consuming func commit() throws(FileError) {
        // Some systems report a full disk no earlier than here. Unflushed, a crash could leave the new name with the
        // old content's length, or none.
        guard fsync(descriptor) == 0 else {
            throw FileError(path: path, failed: "cannot be flushed", remedy: "check the space on the disk")
        }
        guard rename(temporary, target) == 0 else {
            throw FileError(path: path, failed: "cannot be replaced", remedy: "check the permissions of its folder")
        }
        isCommitted = true
    }

    deinit {
        close(descriptor)
        if !isCommitted {
            unlink(temporary)
        }
    }
}
