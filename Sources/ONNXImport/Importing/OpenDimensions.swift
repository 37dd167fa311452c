import TensorIR

/// What the shapes of the inputs leave open: the batch, which is every input's first axis, and named dimensions such
/// as a sequence's length, which the data settles.
struct OpenDimensions {
    let file: String
    let shapes: [String: [Int]]
    /// Sizes of named dimensions, from all inputs together.
    private var named: [String: Int] = [:]
    /// The size of the inputs' first axis where the exporter fixed it.
    private(set) var fixedBatch: Int?
    /// The size of what nothing settles: for looking at a model without data.
    private let standIn: Int?

    init(_ file: ONNXFile, shapes: [String: [Int]], standIn: Int? = nil) throws {
        (self.file, self.shapes, self.standIn) = (file.name, shapes, standIn)
        for input in file.dataInputs {
            guard case .tensorType(let type)? = input.type.value, type.hasShape else { continue }
            if case .dimValue(let size)? = type.shape.dim.first?.value {
                guard size > 0, size < 1 << 31 else {
                    throw ONNXImportError(
                        .invalid,
                        "\(file.name): input '\(input.name)': its first axis, the examples, has the size \(size)")
                }
                fixedBatch = Int(size)
            }
            guard let shape = shapes[input.name], shape.count == type.shape.dim.count else { continue }
            for (dimension, size) in zip(type.shape.dim, shape).dropFirst() where !dimension.dimParam.isEmpty {
                if let known = named[dimension.dimParam], known != size {
                    throw ONNXImportError(
                        .data,
                        "\(file.name): the data gives dimension '\(dimension.dimParam)' the sizes \(known) and \(size)"
                    )
                }
                named[dimension.dimParam] = size
            }
        }
    }

    /// The type of one input.
    func type(of input: ONNXValueInfoProto, examples: Dimension) throws -> TensorType {
        func failure(_ code: ONNXImportError.Code, _ what: String) -> ONNXImportError {
            ONNXImportError(code, "\(file): input '\(input.name)': \(what)")
        }
        guard case .tensorType(let tensor)? = input.type.value else {
            throw failure(.unsupported, "it is not a tensor; only tensors are supported")
        }
        let dataType = ONNXTensorProto.DataType(rawValue: Int(tensor.elemType)) ?? .undefined
        guard let kind = ONNXTensorProto.kind(of: dataType) else {
            throw failure(.unsupported, "elements of type \(ONNXTensorProto.name(of: dataType)) are not supported")
        }
        let element: ElementType =
            switch kind {
            case .real: .real
            case .integer: .int64
            case .bool: .bool
            }
        let found = shapes[input.name]
        guard tensor.hasShape else {
            guard let found, !found.isEmpty else {
                throw failure(.data, "its shape is open; the data's shape is needed")
            }
            return TensorType(Shape([examples] + found.dropFirst().map { Dimension($0) }), element)
        }
        let rank = tensor.shape.dim.count
        guard rank > 0 else { throw failure(.invalid, "it is a scalar; its first axis has to be the examples") }
        if let found, found.count != rank {
            throw failure(.data, "expected \(rank) axes, the first for the examples, found data of shape \(found)")
        }
        var dimensions = [examples]
        for (axis, dimension) in tensor.shape.dim.enumerated().dropFirst() {
            if case .dimValue(let size)? = dimension.value {
                guard size >= 0, size < 1 << 31 else {
                    throw failure(.invalid, "its axis \(axis) has the size \(size)")
                }
                if let found, found[axis] != Int(size) {
                    throw failure(
                        .data, "axis \(axis) has the size \(size), found \(found[axis]) in the data (\(found))")
                }
                dimensions.append(Dimension(Int(size)))
            } else if let size = found?[axis] ?? named[dimension.dimParam] ?? standIn {
                dimensions.append(Dimension(size))
            } else {
                let name = dimension.dimParam.isEmpty ? "" : " ('\(dimension.dimParam)')"
                throw failure(.data, "the size of its axis \(axis)\(name) is open; the data's shape is needed")
            }
        }
        return TensorType(Shape(dimensions), element)
    }
}
