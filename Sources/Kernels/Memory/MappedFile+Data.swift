import Foundation

extension MappedFile {
    /// All bytes as they are mapped, without a copy. Slices of them keep the file mapped, too.
    package var data: Data {
        guard let address = bytes.baseAddress else { return Data() }
        // Nobody writes through it: data that is changed is copied first, because the deallocator is not its own.
        return Data(
            bytesNoCopy: UnsafeMutableRawPointer(mutating: address), count: bytes.count,
            deallocator: .custom { [self] _, _ in withExtendedLifetime(self) {} })
    }
}
