/// Of this package. Versions are semantic: docs/public-api.md says what they promise.
public enum Version {
    /// Of the code that runs.
    public static let current = "0.2.0"
}
