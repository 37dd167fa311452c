/// What is wrong with a safetensors file, or with what was asked of it.
public struct SafetensorsError: Error, CustomStringConvertible, Sendable {
    /// The kind of error, for programs. People read ``SafetensorsError/message``.
    public struct Code: Hashable, Sendable {
        private enum Value {
            case file, header, tensor, layout, unknownName, conversion, range, argument
        }

        private let value: Value

        /// The file cannot be opened, mapped or written.
        public static var file: Code { Code(value: .file) }
        /// The header is missing, too long, or no JSON object of the expected form.
        public static var header: Code { Code(value: .header) }
        /// A tensor's type, shape or offsets are unknown, malformed, or contradict each other.
        public static var tensor: Code { Code(value: .tensor) }
        /// The tensors overlap, leave holes, or do not fill the file.
        public static var layout: Code { Code(value: .layout) }
        /// The file holds no tensor of that name.
        public static var unknownName: Code { Code(value: .unknownName) }
        /// The elements have no values of the type that was asked for.
        public static var conversion: Code { Code(value: .conversion) }
        /// The tensor has no such elements.
        public static var range: Code { Code(value: .range) }
        /// The tensors to write are not what can be written.
        public static var argument: Code { Code(value: .argument) }
    }

    /// The kind of error.
    public let code: Code

    /// The file, as the caller named it.
    public let path: String

    /// The tensor, what was expected, what was found and what to do, in one line.
    public let message: String

    public var description: String { "\(path): \(message)" }

    init(_ code: Code, path: String, _ message: String) {
        self.code = code
        self.path = path
        self.message = message
    }

    /// An error about one tensor.
    init(_ code: Code, path: String, tensor: String, _ message: String) {
        self.init(code, path: path, "tensor \(quoted(tensor)): \(message)")
    }
}

/// What to do about a file that is not as it should be.
enum Remedy {
    /// The bytes are not what a writer wrote, or it never was a safetensors file.
    static let copy = "the file is incomplete, damaged or not in safetensors format: copy or save it again"

    /// It is a file of another format.
    static let convert = "save the tensors in safetensors format, for example with safetensors.torch.save_file"

    /// The header is readable but wrong, as its writer made it.
    static let save = "save the file again with a safetensors library"
}
