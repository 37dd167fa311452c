/// `text` in quotation marks, fit for an error message: in one line, whatever a damaged file holds, and not too long.
package func quoted(_ text: String) -> String {
    text.count <= 80 ? text.debugDescription : "\(text.prefix(77).debugDescription.dropLast())...\""
}
