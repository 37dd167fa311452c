/// First fit over a space without end.
struct FreeSpace {
    private var holes: [(offset: Int, size: Int)] = []
    private(set) var end = 0

    mutating func take(_ size: Int) -> Int {
        if let index = holes.firstIndex(where: { $0.size >= size }) {
            let offset = holes[index].offset
            holes[index] = (offset + size, holes[index].size - size)
            if holes[index].size == 0 { holes.remove(at: index) }
            return offset
        }
        // The last hole may reach the end and grow.
        if let last = holes.last, last.offset + last.size == end {
            holes.removeLast()
            end = last.offset + size
            return last.offset
        }
        end += size
        return end - size
    }

    mutating func free(_ offset: Int, _ size: Int) {
        guard size > 0 else { return }
        let index = holes.firstIndex { $0.offset > offset } ?? holes.count
        holes.insert((offset, size), at: index)
        if index + 1 < holes.count, holes[index].offset + holes[index].size == holes[index + 1].offset {
            holes[index].size += holes[index + 1].size
            holes.remove(at: index + 1)
        }
        if index > 0, holes[index - 1].offset + holes[index - 1].size == holes[index].offset {
            holes[index - 1].size += holes[index].size
            holes.remove(at: index)
        }
    }
}
