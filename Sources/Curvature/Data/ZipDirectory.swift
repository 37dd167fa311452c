import Kernels

/// The members of a zip archive that are stored as they are, without compression: what `numpy.savez` writes.
///
/// The format: PKWARE's APPNOTE, sections 4.3.7 to 4.3.16, its 64-bit extension included.
struct ZipDirectory {
    /// Each member's name and bytes.
    let members: [(name: String, range: Range<Int>)]

    init(_ file: MappedFile, origin: String) throws {
        func invalid(_ what: String) -> ProblemError { ProblemError(.data, "\(origin): \(what)") }
        let size = file.bytes.count
        guard size >= 22, file.number(at: 0, bytes: 2) == 0x4b50 else {
            throw invalid("not an archive of NumPy arrays; expected a file as numpy.savez writes it")
        }
        // The last record; a comment of any length up to 64 KiB may follow it.
        guard
            let end = (max(0, size - 22 - 65535)...(size - 22)).reversed().first(where: {
                file.number(at: $0, bytes: 4) == 0x0605_4b50
            })
        else { throw invalid("the archive is cut off: its directory is missing") }
        var count = file.number(at: end + 10, bytes: 2)
        var start = file.number(at: end + 16, bytes: 4)
        if count == 0xffff || start == 0xffff_ffff {
            guard end >= 20, file.number(at: end - 20, bytes: 4) == 0x0706_4b50 else {
                throw invalid("the archive's directory is damaged")
            }
            let record = file.number(at: end - 12, bytes: 8)
            guard record >= 0, record <= size - 56, file.number(at: record, bytes: 4) == 0x0606_4b50 else {
                throw invalid("the archive's directory is damaged")
            }
            (count, start) = (file.number(at: record + 32, bytes: 8), file.number(at: record + 48, bytes: 8))
        }
        var members: [(name: String, range: Range<Int>)] = []
        var position = start
        for _ in 0..<max(0, min(count, size)) {
            guard position >= 0, position <= size - 46, file.number(at: position, bytes: 4) == 0x0201_4b50 else {
                throw invalid("the archive's directory is damaged")
            }
            let method = file.number(at: position + 10, bytes: 2)
            var (packed, header) = (file.number(at: position + 20, bytes: 4), file.number(at: position + 42, bytes: 4))
            let unpacked = file.number(at: position + 24, bytes: 4)
            let lengths = (0..<3).map { file.number(at: position + 28 + 2 * $0, bytes: 2) }
            let next = position + 46 + lengths.reduce(0, +)
            guard next <= size else { throw invalid("the archive's directory is damaged") }
            let name = String(decoding: file.bytes(in: position + 46..<position + 46 + lengths[0]), as: UTF8.self)
            guard method == 0 else {
                throw invalid(
                    "\(OneLine.quoted(name)) is compressed; save the arrays with numpy.savez, which does not compress")
            }
            // Sizes and offsets that take 64 bits stand in an extra field, those only that do.
            var extra = position + 46 + lengths[0]
            let extraEnd = extra + lengths[1]
            while extra + 4 <= extraEnd {
                let (tag, length) = (file.number(at: extra, bytes: 2), file.number(at: extra + 2, bytes: 2))
                guard extra + 4 + length <= extraEnd else { break }
                if tag == 1 {
                    var field = extra + 4
                    func take() -> Int? {
                        guard field + 8 <= extra + 4 + length else { return nil }
                        defer { field += 8 }
                        return file.number(at: field, bytes: 8)
                    }
                    if unpacked == 0xffff_ffff { _ = take() }
                    if packed == 0xffff_ffff { packed = take() ?? packed }
                    if header == 0xffff_ffff { header = take() ?? header }
                }
                extra += 4 + length
            }
            guard header >= 0, header <= size - 30, file.number(at: header, bytes: 4) == 0x0403_4b50 else {
                throw invalid("\(OneLine.quoted(name)) is damaged")
            }
            let first = header + 30 + file.number(at: header + 26, bytes: 2) + file.number(at: header + 28, bytes: 2)
            guard packed >= 0, first <= size, packed <= size - first else {
                throw invalid("\(OneLine.quoted(name)) is cut off")
            }
            members.append((name, first..<first + packed))
            position = next
        }
        self.members = members
    }
}
