/// Attributes, with the types that the operator expects.
extension OperatorCall {
    private func attribute(_ name: String, _ type: ONNXAttributeProto.AttributeType) throws -> ONNXAttributeProto? {
        guard let attribute = attributes[name] else { return nil }
        // Old writers leave the type out.
        guard attribute.type == type || attribute.type == .undefined else {
            throw invalid("its attribute '\(name)' has the type \(attribute.type); expected \(type)")
        }
        return attribute
    }

    func int(_ name: String) throws -> Int? { try attribute(name, .int).map { Int($0.i) } }
    func int(_ name: String, default value: Int) throws -> Int { try int(name) ?? value }
    func flag(_ name: String, default value: Bool) throws -> Bool { try int(name).map { $0 != 0 } ?? value }
    func ints(_ name: String) throws -> [Int]? { try attribute(name, .ints).map { $0.ints.map(Int.init) } }
    func string(_ name: String, default value: String) throws -> String {
        try attribute(name, .string).map { String(decoding: $0.s, as: UTF8.self) } ?? value
    }
    func tensor(_ name: String) throws -> ONNXTensorProto? { try attribute(name, .tensor)?.t }
    func float(_ name: String) throws -> Double? { try attribute(name, .float).map { Double(shortest: $0.f) } }
    func float(_ name: String, default value: Double) throws -> Double { try float(name) ?? value }
    func floats(_ name: String) throws -> [Double]? {
        try attribute(name, .floats).map { $0.floats.map { Double(shortest: $0) } }
    }
}

extension Double {
    /// The reciprocal of a whole number or the shortest decimal number that is this Float. ONNX stores attributes as
    /// Float whatever the model's precision, and what a person wrote (1e-5, 0.01, 1/6) is then what a float64 run should
    /// use.
    init(shortest value: Float) {
        let divisor = (1 / Double(value)).rounded()
        if (2...1000).contains(abs(divisor)), Float(1 / divisor) == value {
            self = 1 / divisor
        } else {
            self = Double("\(value)") ?? Double(value)
        }
    }
}
