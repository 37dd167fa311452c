import TensorIR

/// Normalizations. Running statistics are noted, so that they are not taken for parameters.
extension OperatorCall {
    /// With the statistics of training: a factor and an offset for each channel.
    func batchNormalization() throws -> [Value] {
        guard try !flag("training_mode", default: false) else {
            throw unsupported("training_mode=1 is not supported; export the model in inference mode (model.eval())")
        }
        let x = try real(0)
        let shape = graph.shape(x)
        guard shape.rank >= 2 else { throw invalid("expected examples and channels, found the shape \(shape)") }
        let channel = try (1..<5).map { index in
            let node = try real(index)
            guard graph.shape(node) == Shape([shape[1]]) else {
                throw invalid(
                    "its input \(index) has the shape \(graph.shape(node)); expected (\(shape[1]))"
                )
            }
            return node
        }
        for statistic in channel[2...] {
            if let index = parameterIndex(statistic) { importer.statistics[index] = node.place }
        }
        let result = try graph.normalized(
            x, scale: channel[0], bias: channel[1], mean: channel[2], variance: channel[3],
            epsilon: float("epsilon", default: 1e-5))
        return [.node(result)]
    }

    func layerNormalization() throws -> [Value] {
        let x = try real(0)
        let shape = graph.shape(x)
        let axes = Array(try axis(int("axis", default: -1), rank: shape.rank)..<shape.rank)
        let (normalized, mean, inverse) = try graph.standardized(
            x, axes: axes, epsilon: float("epsilon", default: 1e-5))
        var result = try multiply(normalized, real(1))
        if optional(2) != nil { result = try add(result, real(2)) }
        guard graph.shape(result) == shape else { throw invalid("its scale does not fit the shape \(shape)") }
        var kept = shape
        for axis in axes { kept[axis] = 1 }
        return [.node(result), .node(try graph.reshape(mean, kept)), .node(try graph.reshape(inverse, kept))]
    }

    func rmsNormalization() throws -> [Value] {
        let x = try real(0)
        let shape = graph.shape(x)
        let axes = Array(try axis(int("axis", default: -1), rank: shape.rank)..<shape.rank)
        let normalized = try graph.scaledByRootMeanSquare(x, axes: axes, epsilon: float("epsilon", default: 1e-5))
        let result = try multiply(normalized, real(1))
        guard graph.shape(result) == shape else { throw invalid("its scale does not fit the shape \(shape)") }
        return [.node(result)]
    }

    func instanceNormalization() throws -> [Value] {
        let x = try real(0)
        let shape = graph.shape(x)
        guard shape.rank >= 3 else { throw invalid("expected examples, channels and space, found the shape \(shape)") }
        let epsilon = try float("epsilon", default: 1e-5)
        let normalized = try graph.standardized(x, axes: Array(2..<shape.rank), epsilon: epsilon).result
        return [.node(try scaledByChannel(normalized))]
    }

    /// Scale and bias are per group up to version 20, and per channel since.
    func groupNormalization() throws -> [Value] {
        let x = try real(0)
        let shape = graph.shape(x)
        guard shape.rank >= 2, let channels = shape[1].number, let groups = try int("num_groups"), groups > 0,
            channels % groups == 0
        else { throw invalid("its attribute 'num_groups' is missing or does not divide the channels of \(shape)") }
        let grouped = Shape([shape[0], Dimension(groups), Dimension(channels / groups)] + shape.dimensions[2...])
        let epsilon = try float("epsilon", default: 1e-5)
        var normalized = try graph.standardized(
            graph.reshape(x, grouped), axes: Array(2..<grouped.rank), epsilon: epsilon
        ).result
        if try shape[1] != Dimension(groups) && graph.shape(real(1)) == Shape([groups]) {
            normalized = try scaledByChannel(normalized)
            return [.node(try graph.reshape(normalized, shape))]
        }
        return [.node(try scaledByChannel(graph.reshape(normalized, shape)))]
    }

    func lpNormalization() throws -> [Value] {
        let x = try real(0)
        let axis = try self.axis(int("axis", default: -1), rank: graph.shape(x).rank)
        let order = try int("p", default: 2)
        guard order == 1 || order == 2 else { throw invalid("its attribute 'p' is \(order); expected 1 or 2") }
        let norm = try order == 1 ? graph.sum(graph.unary(.absolute, x), axes: [axis]) : euclideanNorm(x, axes: [axis])
        // A row of zeros stays one.
        let safe = try graph.select(graph.equal(norm, filled(0, like: norm)), filled(1, like: norm), norm)
        return [.node(try graph.divide(x, graph.broadcast(safe, like: x, without: [axis])))]
    }

    func meanVarianceNormalization() throws -> [Value] {
        let x = try real(0)
        let axes = try self.axes(ints("axes") ?? [0, 2, 3], rank: graph.shape(x).rank)
        return [.node(try graph.standardized(x, axes: axes, epsilon: 1e-9).result)]
    }

    /// The identity: networks are read for inference.
    func dropout() throws -> [Value] {
        if let training = optional(2), let known = try hostIfKnown(training), known.booleans() == [true],
            try dropsSomething()
        {
            throw unsupported(
                "dropout in training mode is not supported; export the model in inference mode (model.eval())")
        }
        let x = try value(0)
        guard node.output.count > 1 else { return [x] }
        return [x, try broadcast(.host(HostTensor([], [true])), to: shape(x))]
    }

    /// Whether training would set elements to zero.
    private func dropsSomething() throws -> Bool {
        guard let ratio = optional(1) else { return true }
        return try hostIfKnown(ratio)?.reals() != [0]
    }

    private func scaledByChannel(_ x: Node) throws -> Node {
        let shape = graph.shape(x)
        let (scale, bias) = (try real(1), try real(2))
        for node in [scale, bias] where graph.shape(node) != Shape([shape[1]]) {
            throw invalid("its scale or bias has the shape \(graph.shape(node)); expected (\(shape[1]))")
        }
        return try graph.scaledByChannel(x, scale: scale, bias: bias)
    }
}
