extension OperatorGraph {
    /// An operator applied to `value`, which may have other columns than its hole.
    package mutating func filling(_ map: Iteration.Map, with value: Value) -> Value {
        let columns = kind(value).columns
        var images: [Value: Value] = [map.hole: value]
        // What does not depend on the hole stays as it is.
        var moving: Set<Value> = [map.hole]
        for part in reachable(from: [map.body]) where part != map.hole {
            guard self[part].operands.contains(where: moving.contains) else {
                images[part] = part
                continue
            }
            moving.insert(part)
            let kind = kind(part).with(columns: columns)
            let image: (Value) -> Value = { images[$0]! }
            switch self[part].mapOperands(image) {
            case .combination(let terms, _): images[part] = combination(terms, kind)
            case let quantity: images[part] = intern(quantity, kind)
            }
        }
        return images[map.body]!
    }
}

extension Kind {
    /// A vector, or a block of as many columns.
    func with(columns: Int?) -> Kind {
        switch self {
        case .vector(let entries), .block(let entries, _): columns.map { .block(entries, $0) } ?? .vector(entries)
        default: self
        }
    }
}
