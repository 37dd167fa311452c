import ArgumentParser
import Foundation

/// Finds out before hours of work that a result could not be written.
enum OutputFile {
    /// Files by the options that name them; nil where an option is not there.
    static func check(_ files: [(option: String, path: String?)]) throws {
        var options: [String: String] = [:]
        for case (let option, let path?) in files {
            try check(path, option)
            let whole = URL(fileURLWithPath: path).standardizedFileURL.path
            if let other = options[whole] {
                throw ValidationError("\(option): '\(path)' is what \(other) names too; give another file")
            }
            options[whole] = option
        }
    }

    private static func check(_ path: String, _ option: String) throws {
        let url = URL(fileURLWithPath: path)
        let folder = url.deletingLastPathComponent().path
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder), isFolder.boolValue else {
            throw ValidationError("\(option): there is no folder '\(folder)'")
        }
        guard FileManager.default.isWritableFile(atPath: folder) else {
            throw ValidationError("\(option): the folder '\(folder)' cannot be written to")
        }
        if FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder), isFolder.boolValue {
            throw ValidationError("\(option): '\(path)' is a folder; name a file")
        }
    }
}
