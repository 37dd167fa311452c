/// A decomposition that does not exist, or was not found.
package struct LAPACKError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Without the letter of the precision, as "potrf".
    package let routine: String
    /// LAPACK's `info`, positive.
    package let status: Int
    package let meaning: String

    package var description: String { "\(meaning) (\(routine), info \(status))" }
}
