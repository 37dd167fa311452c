import ArgumentParser
import Foundation

/// Finds out before hours of work that a result could not be written.
enum OutputFile {
    static func check(_ path: String, option: String) throws {
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
