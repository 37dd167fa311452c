/// Why an ONNX file could not be read as a model.
///
/// The message is one line. It names the file and, where there is one, the node (its name, operator and output), says
/// what was expected and what was found, and what can be done about it.
public struct ONNXImportError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What kind of mistake it is.
    public enum Code: Hashable, Sendable {
        /// Not an ONNX file, or a damaged one.
        case unreadable
        /// A model that no program could run: shapes that do not fit, values that nothing computes.
        case invalid
        /// A valid model that uses what this importer does not know.
        case unsupported
        /// The data does not fit the model, or is needed to settle the model's open dimensions.
        case data
        /// Examples of a batch depend on each other, so the model runs on a whole data set at once or not at all.
        case examplesMeet
    }
    /// The kind of mistake.
    public var code: Code
    /// One line: where, what was expected, what was found, what can be done.
    public var message: String

    /// The longest message, in code points, that is shown as a whole.
    private static let limit = 2000

    init(_ code: Code, _ message: String) {
        self.code = code
        // Names come from the file and may hold anything; the message stays one line.
        let isPlain = { (scalar: Unicode.Scalar) in scalar.properties.generalCategory != .control }
        let scalars = Array(message.unicodeScalars)
        // So may lists: of a very long one, the beginning and the end are shown.
        let shown: [ArraySlice<Unicode.Scalar>] =
            scalars.count <= ONNXImportError.limit
            ? [scalars[...]] : [scalars.prefix(ONNXImportError.limit / 2), scalars.suffix(ONNXImportError.limit / 2)]
        self.message = shown.map { part in
            part.map { isPlain($0) ? String($0) : $0.escaped(asASCII: true) }.joined()
        }.joined(separator: " … ")
    }
    /// The message.
    public var description: String { message }
}
