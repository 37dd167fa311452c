import Kernels
import Synchronization

/// Values that are read where they lie in a file once something needs them: a model can be looked at, and requests compiled, without its
/// weights in memory.
final class DeferredValues: @unchecked Sendable {
    // `@unchecked`: the memory is set once, under a lock, and nobody writes to it afterwards.
    private let read: ParameterValues.Reader
    /// Says that what was read will not be soon again.
    private let forget: @Sendable () -> Void
    private let memory = Mutex<Memory?>(nil)

    init(_ read: @escaping ParameterValues.Reader, forget: @escaping @Sendable () -> Void) {
        (self.read, self.forget) = (read, forget)
    }

    /// All values if something has asked for them.
    var loaded: Memory? { memory.withLock { $0 } }

    /// All values, kept from now on.
    func load(count: Int, _ storage: Storage) -> Memory {
        memory.withLock { memory in
            if let memory { return memory }
            let all = copy(0..<count, storage)
            memory = all
            return all
        }
    }

    /// Some values, for as long as the result lives.
    func copy(_ elements: Range<Int>, _ storage: Storage) -> Memory {
        // A plan counts the model's values by itself, whoever holds them.
        let memory = Memory(byteCount: elements.count * storage.byteCount, isCounted: false)
        copy(elements, storage, into: memory)
        return memory
    }

    /// The same into memory that there is.
    func copy(_ elements: Range<Int>, _ storage: Storage, into memory: Memory) {
        let byteCount = elements.count * storage.byteCount
        read(elements, UnsafeMutableRawBufferPointer(start: memory.address, count: byteCount))
        forget()
    }
}
