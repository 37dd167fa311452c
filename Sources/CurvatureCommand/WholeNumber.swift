import ArgumentParser

/// Counts as people write them. The parser of arguments would say only that a value is invalid, not what is expected.
enum WholeNumber {
    static func parse(_ text: String, option: String) throws -> Int {
        let number = Int(text)
        guard let number, number >= 1 else {
            throw ValidationError(
                "\(option): expected a whole number from 1, found \(number.map(String.init) ?? "'\(text)'")")
        }
        return number
    }
}
