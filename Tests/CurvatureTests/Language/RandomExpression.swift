@testable import Curvature

/// Random expressions of every kind, straight from the factories.
struct RandomExpression {
    /// SplitMix64: the same numbers on every machine.
    struct Generator: RandomNumberGenerator {
        private var state: UInt64
        init(seed: UInt64) { state = seed }

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var z = state
            z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
            return z ^ (z >> 31)
        }
    }

    private let problem = LanguageFixture.problem
    var generator: Generator
    init(seed: UInt64) { generator = Generator(seed: seed) }

    mutating func pick<T>(_ choices: [T]) -> T { choices[Int.random(in: 0..<choices.count, using: &generator)] }

    mutating func expression(depth: Int) throws -> Expression {
        switch Int.random(in: 0..<5, using: &generator) {
        case 0: try scalar(depth)
        case 1: try vector(pick([506, 400]), depth)
        case 2: try block(pick([506, 400]), depth)
        case 3: try map(pick([506, 400]), pick([506, 400]), depth)
        default: try combined(depth) { _, _ in .prediction(LanguageFixture.problem) }
        }
    }

    mutating func scalar(_ depth: Int) throws -> Expression {
        try combined(depth) { random, depth in
            switch Int.random(in: 0..<(depth > 0 ? 6 : 4), using: &random.generator) {
            case 0: return .loss()
            case 1: return try .tensor("s", shape: [])
            case 2:
                let number = random.pick([
                    0, -0.0, 1, -1, 2, 0.1, -1e-5, 1e16, .leastNonzeroMagnitude, 1.0 / 3, .greatestFiniteMagnitude,
                ])
                return try .number(number)
            case 3: return try .number(Double.random(in: -10...10, using: &random.generator))
            case 4:
                return try .norm(
                    random.pick([true, false]) ? random.vector(506, depth - 1) : random.block(400, depth - 1))
            default: return try .dot(random.vector(400, depth - 1), random.vector(400, depth - 1))
            }
        }
    }

    mutating func vector(_ size: Int, _ depth: Int) throws -> Expression {
        try combined(depth) { random, depth in
            if depth > 0, random.pick([true, false]) {
                let inner = random.pick([506, 400])
                return try .applied(random.map(size, inner, depth - 1), random.vector(inner, depth - 1))
            }
            if size == 400 { return try .tensor("u", shape: [400]) }
            let names = ["v", "w", "0.weight", "größe", "trace", "a`b"]
            return random.pick([true, false])
                ? .gradient(random.problem) : try .tensor(random.pick(names), shape: [506])
        }
    }

    mutating func block(_ size: Int, _ depth: Int) throws -> Expression {
        try combined(depth) { random, depth in
            if depth > 0, random.pick([true, false]) {
                let inner = random.pick([506, 400])
                return try .applied(random.map(size, inner, depth - 1), random.block(inner, depth - 1))
            }
            return try size == 400 ? .tensor("U", shape: [400, 3]) : .tensor("V", shape: [506, 3])
        }
    }

    mutating func map(_ rows: Int, _ columns: Int, _ depth: Int) throws -> Expression {
        try combined(depth) { random, depth in
            if depth > 0 {
                switch Int.random(in: 0..<3, using: &random.generator) {
                case 0: return try .transpose(random.map(columns, rows, depth - 1))
                case 1:
                    let inner = random.pick([506, 400])
                    return try .applied(random.map(rows, inner, depth - 1), random.map(inner, columns, depth - 1))
                default: break
                }
            }
            if rows != columns {
                return rows == 400 ? .jacobian(random.problem) : try .transpose(.jacobian(random.problem))
            }
            if random.pick([true, false]) { return .identity(rows) }
            if rows == 400 { return try .diagonal(random.vector(400, depth - 1)) }
            return try random.pick([
                .hessian(random.problem), .ggn(random.problem), .empiricalFisher(random.problem),
                .ggn(samples: 3, seed: .max, random.problem),
                .diagonal(random.vector(506, depth - 1)),
            ])
        }
    }

    /// Sums, multiples and quotients of whatever `make` gives, all of one kind.
    private mutating func combined(
        _ depth: Int, _ make: (inout RandomExpression, Int) throws -> Expression
    ) throws -> Expression {
        guard depth > 0 else { return try make(&self, 0) }
        switch Int.random(in: 0..<8, using: &generator) {
        case 0, 1:
            let operands = try (0..<Int.random(in: 2...4, using: &generator)).map { _ in
                try combined(depth - 1, make)
            }
            return (try? .sum(operands)) ?? operands[0]
        case 2: return try .negated(combined(depth - 1, make))
        case 3:
            let (scale, operand) = (try scalar(depth - 1), try combined(depth - 1, make))
            return (try? .product(scale, operand)) ?? operand
        case 4:
            let (divisor, operand) = (try scalar(depth - 1), try combined(depth - 1, make))
            return (try? .quotient(operand, by: divisor)) ?? operand
        default: return try make(&self, depth)
        }
    }
}
