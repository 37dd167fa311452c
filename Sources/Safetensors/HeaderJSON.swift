import Foundation
import Synchronization

/// The header as JSON has it: syntax checked, meaning not.
///
/// A field of the wrong type does not stop decoding. It is kept as what was found there, so that the checks that follow
/// can say which tensor it belongs to, what was expected and what was found.
struct HeaderJSON: Decodable {
    /// In no particular order: JSON objects have none.
    var tensors: [(name: String, value: JSONField<Tensor>)] = []
    var metadata: JSONField<[String: JSONField<String>]>?

    /// One tensor's object. Fields that are absent or null are `nil`, fields beyond these three are not looked at.
    struct Tensor: Decodable {
        var dtype: JSONField<String>?
        var shape: JSONField<[Int]>?
        var offsets: JSONField<[Int]>?

        enum CodingKeys: String, CodingKey {
            case dtype, shape
            case offsets = "data_offsets"
        }
    }

    /// The one key that names no tensor.
    static let metadataKey = "__metadata__"

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: AnyKey.self)
        for key in container.allKeys {
            if key.stringValue == Self.metadataKey {
                metadata = try container.decode(JSONField<[String: JSONField<String>]>.self, forKey: key)
            } else {
                tensors.append((key.stringValue, try container.decode(JSONField<Tensor>.self, forKey: key)))
            }
        }
    }

    /// Decodes `text`.
    ///
    /// - Returns: The header, or what is there in its place; and a key that stands twice in one object, as its path. JSON
    ///   leaves open which of the two counts, so a header with one has no meaning.
    /// - Throws: `DecodingError` if `text` is no JSON.
    static func decode(_ text: Data) throws -> (header: JSONField<HeaderJSON>, duplicate: [String]?) {
        let log = KeyLog()
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .custom { path in
            log.append(path.map(\.stringValue))
            return AnyKey(stringValue: path.last?.stringValue ?? "")
        }
        do {
            return (.value(try decoder.decode(HeaderJSON.self, from: text)), log.duplicate)
        } catch DecodingError.typeMismatch, DecodingError.valueNotFound {
            // Only the outermost value can be at fault: within, fields take what they find.
            return (try decoder.decode(JSONField<HeaderJSON>.self, from: text), nil)
        }
    }
}

/// Any key of an object.
private struct AnyKey: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(stringValue: String) {
        self.stringValue = stringValue
    }

    init?(intValue: Int) {
        nil
    }
}

/// The keys that the decoder came across. Of equal keys in one object, Foundation keeps one and says nothing; but it
/// shows each of them to the decoder's key strategy, which is where this listens.
private final class KeyLog: Sendable {
    private let state = Mutex<(keys: Set<[String]>, duplicate: [String]?)>(([], nil))

    var duplicate: [String]? { state.withLock { $0.duplicate } }

    func append(_ path: [String]) {
        state.withLock { state in
            if !state.keys.insert(path).inserted {
                state.duplicate = state.duplicate ?? path
            }
        }
    }
}
