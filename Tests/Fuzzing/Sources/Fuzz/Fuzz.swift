/// The function that libFuzzer's loop is in; it is linked with `-sanitize=fuzzer` and has no header.
@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
    _ count: UnsafeMutablePointer<CInt>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>,
    _ body: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

/// The target that this process runs. Written once, before the loop begins.
nonisolated(unsafe) private var body: (UnsafeRawBufferPointer) -> Void = { _ in }

/// What libFuzzer calls, and links against whether it is called or not.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    body(UnsafeRawBufferPointer(start: bytes, count: count))
    return 0
}

/// `Fuzz TARGET [libFuzzer's options] [corpus folders]`. The package manager looks for a `main` of this name.
@_cdecl("Fuzz_main")
public func start(_ count: CInt, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?) -> CInt {
    let name = count > 1 ? arguments?[1].map { String(cString: $0) } : nil
    guard let arguments, let target = name.flatMap(FuzzTarget.init(rawValue:)) else {
        print("expected a target of \(FuzzTarget.allCases.map(\.rawValue).joined(separator: ", "))")
        return 2
    }
    body = target.body()
    // The target's name takes the program's place, and libFuzzer never sees it.
    var rest: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = arguments + 1
    var restCount = count - 1
    return runDriver(&restCount, &rest, testOneInput)
}
