import Kernels

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

extension MappedFile {
    /// Lets go of mapped pages: they count as this process's memory until something else needs the room, and whoever reads each weight of
    /// a model once would seem to hold all of it. They are read from the file again where they are asked for.
    ///
    /// - Parameter bytes: A part of this file; nothing is done about other memory.
    func forget(_ part: UnsafeRawBufferPointer) {
        #if os(Linux)
            guard let start = part.baseAddress, let first = bytes.baseAddress, start >= first,
                start + part.count <= first + bytes.count
            else { return }
            let page = Int(sysconf(CInt(_SC_PAGESIZE)))
            let from = (start - first) / page * page
            let end = min((start - first + part.count + page - 1) / page * page, bytes.count)
            _ = madvise(UnsafeMutableRawPointer(mutating: first + from), end - from, CInt(MADV_DONTNEED))
        #endif
    }
}
