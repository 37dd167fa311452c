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
///
/// On Linux the temporary file has no name before the commit, where the file system has such files: a process that is
/// killed leaves nothing behind.
package struct AtomicFile: ~Copyable {
    private let path: String
    private let target: String
    private let temporary: String
    private let descriptor: Int32
    /// Whether there is something under the temporary name.
    private var isNamed: Bool

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
        var descriptor = AtomicFile.openNameless(in: folder.isEmpty ? "." : String(folder))
        let isNamed = descriptor < 0
        if isNamed { descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666) }
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
        self.isNamed = isNamed
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
        if !isNamed {
            // A link cannot replace a file, a renaming can.
            guard AtomicFile.name(descriptor, temporary) else {
                throw FileError(path: path, failed: "cannot be written", remedy: "check the permissions of its folder")
            }
            isNamed = true
        }
        guard rename(temporary, target) == 0 else {
            throw FileError(path: path, failed: "cannot be replaced", remedy: "check the permissions of its folder")
        }
        isNamed = false
    }

    deinit {
        close(descriptor)
        if isNamed {
            unlink(temporary)
        }
    }
}

extension AtomicFile {
    /// Opens a file in `folder` that goes away with its last descriptor.
    ///
    /// - Returns: a negative number where the system or the file system has no such files.
    private static func openNameless(in folder: String) -> Int32 {
        #if os(Linux)
            // O_TMPFILE, which the importer does not see. Naming the file later takes /proc, which some containers lack.
            guard access("/proc/self/fd", X_OK) == 0 else { return -1 }
            return open(folder, O_WRONLY | O_DIRECTORY | 0o20_000_000 | O_CLOEXEC, 0o666)
        #else
            return -1
        #endif
    }

    /// Gives an open file without a name one that nothing has yet.
    private static func name(_ descriptor: Int32, _ path: String) -> Bool {
        #if os(Linux)
            return linkat(AT_FDCWD, "/proc/self/fd/\(descriptor)", AT_FDCWD, path, AT_SYMLINK_FOLLOW) == 0
        #else
            return false
        #endif
    }
}
