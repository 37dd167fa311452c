/// Where the registers of an elementwise program live: in slots of scratch memory, reused as soon as a register's
/// last reader has run, or directly in an operand.
struct ElementwiseSlots {
    /// For each register, its slot.
    private(set) var slot: [Int]
    /// For each slot, the bytes of an element, and whether it lives in an operand.
    private(set) var bytes: [Int] = []
    private(set) var inOperand: [Bool] = []

    /// Scratch memory for each element of a tile.
    var bytesPerElement: Int { zip(bytes, inOperand).reduce(0) { $0 + ($1.1 ? 0 : $1.0) } }

    /// - Parameter operandRegisters: the registers that live in an operand.
    /// - Parameter pinned: the registers that must outlive the last instruction, or be filled before the first tile.
    init(_ program: ElementwiseLiveness, operandRegisters: Set<Int>, pinned: Set<Int>) {
        slot = Array(repeating: 0, count: program.storages.count)
        var free: [Int: [Int]] = [:]

        func take(_ register: Int) {
            let size = program.storages[register].byteCount
            if operandRegisters.contains(register) {
                slot[register] = bytes.count
                bytes.append(size)
                inOperand.append(true)
            } else if let reused = free[size]?.popLast() {
                slot[register] = reused
            } else {
                slot[register] = bytes.count
                bytes.append(size)
                inOperand.append(false)
            }
        }
        func release(_ register: Int) {
            if operandRegisters.contains(register) || pinned.contains(register) { return }
            free[program.storages[register].byteCount, default: []].append(slot[register])
        }

        for register in 0..<program.loadCount { take(register) }
        for register in 0..<program.loadCount where program.lastRead[register] < 0 { release(register) }
        for (index, instruction) in program.instructions.enumerated() {
            // A source that dies here hands its slot to the result: an operation may write onto its operand.
            for source in Set(instruction.usedSources).sorted() where program.lastRead[source] == index {
                release(source)
            }
            take(instruction.destination)
            if program.lastRead[instruction.destination] <= index { release(instruction.destination) }
        }
    }
}

/// When the registers of an elementwise program are written and read.
struct ElementwiseLiveness {
    let loadCount: Int
    let instructions: [ElementwiseInstruction]
    let storages: [Storage]
    /// The instruction that writes a register; -1 for loads.
    private(set) var written: [Int]
    /// The last instruction that reads a register, -1 if none does; `Int.max` for registers that are stored.
    private(set) var lastRead: [Int]

    init(
        loadCount: Int, instructions: [ElementwiseInstruction], storages: [Storage], storedRegisters: [Int]
    ) {
        self.loadCount = loadCount
        self.instructions = instructions
        self.storages = storages
        written = Array(repeating: -1, count: storages.count)
        lastRead = written
        var defined = [Bool](repeating: false, count: storages.count)
        for register in 0..<loadCount { defined[register] = true }
        for (index, instruction) in instructions.enumerated() {
            for source in instruction.usedSources {
                precondition(defined[source], "instruction \(index) reads register \(source) before it is written")
                lastRead[source] = index
            }
            precondition(!defined[instruction.destination], "register \(instruction.destination) is written twice")
            precondition(
                storages[instruction.destination] == instruction.resultStorage,
                "instruction \(index) gives \(instruction.resultStorage) to a register of another storage")
            defined[instruction.destination] = true
            written[instruction.destination] = index
        }
        for register in storedRegisters {
            precondition(defined[register], "register \(register) is stored but never written")
            lastRead[register] = Int.max
        }
    }
}
