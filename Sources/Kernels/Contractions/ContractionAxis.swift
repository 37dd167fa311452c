/// One label of a contraction, or several that run like one: its size and its stride in each operand.
struct ContractionAxis {
    /// By which operands have the label.
    enum Role {
        case batch, row, column, contracted
    }

    var role: Role
    var size: Int
    /// 0 in an operand that lacks the label.
    var lhs: Int
    var rhs: Int
    var output: Int
    /// The labels that were merged into this, outermost first, as places in the list before merging.
    var members: [Int]

    func stride(in position: ContractionPosition) -> Int {
        switch position {
        case .lhs: lhs
        case .rhs: rhs
        case .output: output
        }
    }

    mutating func setStride(in position: ContractionPosition, to stride: Int) {
        switch position {
        case .lhs: lhs = stride
        case .rhs: rhs = stride
        case .output: output = stride
        }
    }

    func occurs(in position: ContractionPosition) -> Bool {
        switch position {
        case .lhs: role != .column
        case .rhs: role != .row
        case .output: role != .contracted
        }
    }

    /// The same contraction with its two inputs exchanged.
    var exchanged: ContractionAxis {
        var result = self
        (result.lhs, result.rhs) = (rhs, lhs)
        switch role {
        case .row: result.role = .column
        case .column: result.role = .row
        case .batch, .contracted: break
        }
        return result
    }
}

enum ContractionPosition: Int, CaseIterable {
    case lhs, rhs, output
}

extension ContractionAxis {
    /// The axes of a contraction of views, without those of size 1. Labels must be consistent.
    static func axes(
        lhs: Operand, lhsLabels: [Int], rhs: Operand, rhsLabels: [Int], output: Operand, outputLabels: [Int]
    ) -> [ContractionAxis] {
        var axes: [ContractionAxis] = []
        func place(_ label: Int, _ labels: [Int], _ operand: Operand, _ size: Int) -> Int? {
            guard let place = labels.firstIndex(of: label) else { return nil }
            precondition(
                operand.sizes[place] == size, "label \(label) has the sizes \(size) and \(operand.sizes[place])")
            return operand.strides[place]
        }
        // Output order first: loops over the output then run through it from front to back.
        var labels = outputLabels
        for label in lhsLabels + rhsLabels where !labels.contains(label) { labels.append(label) }
        for label in labels {
            let size: Int
            if let place = outputLabels.firstIndex(of: label) {
                size = output.sizes[place]
            } else if let place = lhsLabels.firstIndex(of: label) {
                size = lhs.sizes[place]
            } else {
                preconditionFailure("label \(label) occurs in one operand only")
            }
            let strides = (
                place(label, lhsLabels, lhs, size), place(label, rhsLabels, rhs, size),
                place(label, outputLabels, output, size)
            )
            var role: Role
            switch strides {
            // A label without effect on an input might as well not be there.
            case (.some(0), .some, .some): role = .column
            case (.some, .some(0), .some): role = .row
            case (.some, .some, .some): role = .batch
            case (.some, nil, .some): role = .row
            case (nil, .some, .some): role = .column
            case (.some, .some, nil): role = .contracted
            default: preconditionFailure("label \(label) occurs in one operand only")
            }
            if size == 1 { continue }
            axes.append(
                ContractionAxis(
                    role: role, size: size, lhs: strides.0 ?? 0, rhs: strides.1 ?? 0, output: strides.2 ?? 0,
                    members: [axes.count]))
        }
        return axes
    }

    /// Joins axes of one role that have, in every operand of `positions` that has them, strides like one longer axis.
    static func merged(_ axes: [ContractionAxis], positions: [ContractionPosition]) -> [ContractionAxis] {
        var axes = axes
        var outer = 0
        while outer < axes.count {
            let joined = axes.indices.first { inner in
                inner != outer && axes[inner].role == axes[outer].role
                    && positions.allSatisfy { position in
                        !axes[outer].occurs(in: position)
                            || axes[outer].stride(in: position) == axes[inner].size * axes[inner].stride(in: position)
                    }
            }
            guard let inner = joined else {
                outer += 1
                continue
            }
            axes[outer].size *= axes[inner].size
            (axes[outer].lhs, axes[outer].rhs) = (axes[inner].lhs, axes[inner].rhs)
            axes[outer].output = axes[inner].output
            axes[outer].members += axes[inner].members
            axes.remove(at: inner)
            // The longer axis may now be the inner part of an earlier one.
            outer = 0
        }
        return axes
    }
}
