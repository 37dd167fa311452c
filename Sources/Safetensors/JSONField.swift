/// A value of the type that was expected, or a description of what is there instead.
enum JSONField<Value: Decodable>: Decodable {
    case value(Value)
    case other(String)

    init(from decoder: any Decoder) throws {
        if let value = try? decoder.singleValueContainer().decode(Value.self) {
            self = .value(value)
        } else {
            self = .other(try AnyJSON(from: decoder).description)
        }
    }

    /// The value, if it is one.
    var value: Value? {
        if case .value(let value) = self { value } else { nil }
    }
}

extension Optional {
    /// What is there in place of the value that was expected, for an error message.
    func found<Value>() -> String where Wrapped == JSONField<Value> {
        switch self {
        case .other(let text)?: text
        case .value(let value)?: "\(value)"
        case nil: "nothing"
        }
    }
}

/// Any JSON value, as text for an error message.
private struct AnyJSON: Decodable, CustomStringConvertible {
    let description: String

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if decoder.codingPath.count > 8 {
            // No header nests as deep. The file decides how deep this recursion goes, the stack ends it.
            description = "..."
        } else if container.decodeNil() {
            description = "null"
        } else if let value = try? container.decode(Bool.self) {
            description = "\(value)"
        } else if let value = try? container.decode(Int.self) {
            description = "\(value)"
        } else if let value = try? container.decode(Double.self) {
            description = "\(value)"
        } else if let value = try? container.decode(String.self) {
            description = quoted(value)
        } else if let values = try? container.decode([AnyJSON].self) {
            description = values.count <= 8 ? "\(values)" : "an array of \(values.count) values"
        } else if (try? container.decode([String: AnyJSON].self)) != nil {
            description = "an object"
        } else {
            description = "an unreadable value"
        }
    }
}
