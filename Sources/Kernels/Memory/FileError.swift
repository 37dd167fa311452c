#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// A file that could not be opened, mapped or written.
///
/// The layers above turn it into an error of their own, which adds what the file was meant to be. Hence `message` stands
/// apart from `path`: a user who typed a relative path wants to read that one.
package struct FileError: Error, CustomStringConvertible, Sendable {
    /// The path as it was handed to the operating system.
    package let path: String

    /// What failed, the operating system's reason, and what to do, in one line without the path.
    package let message: String

    package var description: String { "\(path): \(message)" }

    init(path: String, message: String) {
        self.path = path
        self.message = message
    }

    /// An error of a system call that has just failed. It reads `errno`, so nothing may come between.
    init(path: String, failed: String, remedy: String) {
        self.init(path: path, message: "\(failed): \(String(cString: strerror(errno))); \(remedy)")
    }
}
