import Testing

@testable import Kernels

/// A random convolution and its operands.
private struct RandomConvolution: CustomStringConvertible {
    let geometry: ConvolutionGeometry
    let x: TestArray
    let w: TestArray
    let y: TestArray
    let vectors: Int
    let examples: Int
    let channels: Int
    let outputs: Int
    /// Of images, as two axes.
    let input: [Int]
    let kernel: [Int]
    let output: [Int]

    init?(_ storage: Storage, role: ConvolutionRole, generator: inout TestGenerator) {
        let spatial = 1 + generator.next(below: 2)
        func each(_ value: (inout TestGenerator) -> Int) -> [Int] { (0..<spatial).map { _ in value(&generator) } }
        let groups = generator.next(below: 2) == 0 ? 1 : 1 + generator.next(below: 4)
        let pointwise = generator.next(below: 6) == 0
        let kernel = each { pointwise ? 1 : 1 + $0.next(below: 4) }
        let geometry = ConvolutionGeometry(
            strides: each { pointwise ? 1 : 1 + $0.next(below: 3) },
            dilations: each { 1 + ($0.next(below: 3) == 0 ? $0.next(below: 3) : 0) },
            padLow: each { pointwise ? 0 : $0.next(below: 4) }, padHigh: each { pointwise ? 0 : $0.next(below: 4) },
            groups: groups)
        let whole = generator.next(below: 8) == 0
        let input = whole ? kernel : each { 1 + $0.next(below: 8) * (1 + $0.next(below: 3)) }
        let output = (0..<spatial).map { geometry.outputExtent(axis: $0, input: input[$0], kernel: kernel[$0]) }
        if output.contains(0) { return nil }
        let examples = 1 + generator.next(below: 5)
        let channels = groups * (1 + generator.next(below: 3))
        let outputs = groups * (1 + generator.next(below: 3))
        let vectors = 1 + generator.next(below: 3)
        // On which inputs the vectors are.
        let choice = generator.next(below: 4)
        let (first, second) = (choice & 1 != 0, choice & 2 != 0)
        let leads =
            switch role {
            case .output: [first, second, first || second]
            case .input: [first || second, first, second]
            case .weight: [first, first || second, second]
            }
        func random(_ leads: Bool, _ sizes: [Int]) -> TestArray {
            randomArray(storage, (leads ? [vectors] : []) + sizes, generator: &generator)
        }
        self.geometry = geometry
        (self.examples, self.channels, self.outputs, self.vectors) = (examples, channels, outputs, vectors)
        x = random(leads[0], [examples, channels] + input)
        w = random(leads[1], [outputs, channels / groups] + kernel)
        y = random(leads[2], [examples, outputs] + output)
        func image(_ sizes: [Int]) -> [Int] { spatial == 1 ? [1] + sizes : sizes }
        (self.input, self.kernel, self.output) = (image(input), image(kernel), image(output))
    }

    var description: String {
        "x \(x.operand.sizes), w \(w.operand.sizes), y \(y.operand.sizes), \(geometry)"
    }

    func array(_ role: ConvolutionRole) -> TestArray {
        switch role {
        case .output: y
        case .input: x
        case .weight: w
        }
    }

    var macs: Int {
        let leads = [x, w, y].contains { $0.operand.rank == geometry.strides.count + 3 }
        return (leads ? vectors : 1) * examples * outputs * output[0] * output[1] * channels / geometry.groups
            * kernel[0]
            * kernel[1]
    }

    /// By the definition, in double precision.
    func reference(_ role: ConvolutionRole, addedTo start: [Double]) -> [Double] {
        let rank = geometry.strides.count
        func pair(_ values: [Int], _ missing: Int) -> [Int] { rank == 1 ? [missing] + values : values }
        let strides = pair(geometry.strides, 1)
        let dilations = pair(geometry.dilations, 1)
        let pads = pair(geometry.padLow, 0)
        let leads = [x, w, y].map { $0.operand.rank == rank + 3 }
        let counts = [x, w, y].map(\.operand.count)
        let (xs, ws, ys) = (x.values, w.values, y.values)
        let (channelsOfGroup, outputsOfGroup) = (channels / geometry.groups, outputs / geometry.groups)
        var result = start
        for vector in 0..<(leads.contains(true) ? vectors : 1) {
            let starts = (0..<3).map { leads[$0] ? vector * (counts[$0] / vectors) : 0 }
            for example in 0..<examples {
                for o in 0..<outputs {
                    for c in 0..<channelsOfGroup {
                        for r in 0..<kernel[0] {
                            for s in 0..<kernel[1] {
                                let wPlace = starts[1] + ((o * channelsOfGroup + c) * kernel[0] + r) * kernel[1] + s
                                for p in 0..<output[0] {
                                    let h = p * strides[0] + r * dilations[0] - pads[0]
                                    if h < 0 || h >= input[0] { continue }
                                    for q in 0..<output[1] {
                                        let v = q * strides[1] + s * dilations[1] - pads[1]
                                        if v < 0 || v >= input[1] { continue }
                                        let channel = o / outputsOfGroup * channelsOfGroup + c
                                        let xPlace =
                                            starts[0] + ((example * channels + channel) * input[0] + h) * input[1] + v
                                        let yPlace =
                                            starts[2] + ((example * outputs + o) * output[0] + p) * output[1] + q
                                        switch role {
                                        case .output: result[yPlace] += xs[xPlace] * ws[wPlace]
                                        case .input: result[xPlace] += ys[yPlace] * ws[wPlace]
                                        case .weight: result[wPlace] += xs[xPlace] * ys[yPlace]
                                        }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
        return result
    }
}

@Suite struct ConvolutionTests {
    @Test(
        arguments: [ConvolutionRole.output, .input, .weight],
        [nil, ConvolutionKernel.Method.contraction, .direct, .unfolded])
    func randomGeometries(role: ConvolutionRole, method: ConvolutionKernel.Method?) {
        var tried = 0
        for seed in UInt64(0)..<400 {
            var generator = TestGenerator(seed: seed)
            let storage: Storage = seed % 2 == 0 ? .float32 : .float64
            let accumulate = seed % 3 == 0
            guard let example = RandomConvolution(storage, role: role, generator: &generator) else { continue }
            let result = example.array(role)
            let start = accumulate ? result.values : result.values.map { _ in 0 }
            let expected = example.reference(role, addedTo: start)
            if !accumulate { result.fill { _ in Double.nan } }
            let kernel = ConvolutionKernel(
                role: role, x: example.x.operand, w: example.w.operand, y: example.y.operand,
                geometry: example.geometry, accumulate: accumulate, method: method)
            let state = RunState()
            kernel.run(state)
            #expect(
                close(result.values, expected, storage == .float32 ? 2e-5 : 1e-13),
                "seed \(seed), accumulate \(accumulate): \(example)")
            #expect(state.matmulFlops == 2 * example.macs)
            #expect(state.executedFlops <= state.matmulFlops)
            tried += 1
        }
        #expect(tried > 300)
    }

    /// Large enough for several tasks, tiles of examples and of positions, and parts of a small weight.
    @Test(
        arguments: [ConvolutionRole.output, .input, .weight],
        [
            // examples, channels, outputs, size, kernel, stride, groups
            [3, 20, 130, 33, 3, 1, 1], [70, 32, 48, 7, 3, 1, 1], [64, 1, 8, 28, 5, 1, 1], [9, 24, 24, 30, 3, 2, 24],
            [40, 64, 64, 14, 1, 1, 2], [1, 64, 256, 8, 3, 1, 1], [300, 6, 10, 2, 2, 1, 1],
        ])
    func layers(role: ConvolutionRole, sizes: [Int]) {
        let (examples, channels, outputs, size, kernel) = (sizes[0], sizes[1], sizes[2], sizes[3], sizes[4])
        let pad = kernel / 2
        let geometry = ConvolutionGeometry(
            strides: [sizes[5], sizes[5]], dilations: [1, 1], padLow: [pad, pad], padHigh: [pad, pad], groups: sizes[6])
        let out = geometry.outputExtent(axis: 0, input: size, kernel: kernel)
        var generator = TestGenerator(seed: 11)
        // The result has a vector axis too, and one of the inputs.
        let x = randomArray(.float32, [2, examples, channels, size, size], generator: &generator)
        let w = randomArray(
            .float32, (role == .output ? [] : [2]) + [outputs, channels / sizes[6], kernel, kernel],
            generator: &generator)
        let y = randomArray(
            .float32, (role == .output ? [2] : []) + [examples, outputs, out, out], generator: &generator)
        let result =
            switch role {
            case .output: y
            case .input: x
            case .weight: w
            }
        let convolution = ConvolutionKernel(
            role: role, x: x.operand, w: w.operand, y: y.operand, geometry: geometry, accumulate: false)
        result.fill { _ in Double.nan }
        TaskArena(threads: 1).run { convolution.run(RunState()) }
        let one = result.values
        result.fill { _ in Double.nan }
        TaskArena(threads: 2).run { convolution.run(RunState()) }
        #expect(result.values == one)

        // The same in double precision, by loops over planes.
        func double(_ array: TestArray) -> TestArray {
            let values = array.values
            let copy = TestArray(.float64, array.operand.sizes, generator: &generator)
            copy.fill { values[$0] }
            return copy
        }
        let (x64, w64, y64) = (double(x), double(w), double(y))
        ConvolutionKernel(
            role: role, x: x64.operand, w: w64.operand, y: y64.operand, geometry: geometry, accumulate: false,
            method: .direct
        ).run(RunState())
        let expected =
            switch role {
            case .output: y64.values
            case .input: x64.values
            case .weight: w64.values
            }
        #expect(close(one, expected, role == .weight ? 1e-3 : 1e-4))
    }

    @Test(arguments: [false, true]) func nothingToConvolve(accumulate: Bool) {
        var generator = TestGenerator(seed: 5)
        let x = randomArray(.float32, [0, 3, 5], generator: &generator)
        let w = randomArray(.float32, [2, 3, 3], generator: &generator)
        let y = randomArray(.float32, [0, 2, 3], generator: &generator)
        let geometry = ConvolutionGeometry(strides: [1], dilations: [1], padLow: [0], padHigh: [0], groups: 1)
        let before = w.values
        for role in [ConvolutionRole.output, .input, .weight] {
            ConvolutionKernel(
                role: role, x: x.operand, w: w.operand, y: y.operand, geometry: geometry, accumulate: accumulate
            ).run(RunState())
        }
        #expect(w.values == (accumulate ? before : before.map { _ in 0 }))
    }

    /// The images are single pixels: one tap of nine sees them.
    @Test func tapsThatSeePaddingCostNothing() {
        var generator = TestGenerator(seed: 5)
        let x = randomArray(.float32, [4, 3, 1, 1], generator: &generator)
        let w = randomArray(.float32, [2, 3, 3, 3], generator: &generator)
        let y = randomArray(.float32, [4, 2, 1, 1], generator: &generator)
        let geometry = ConvolutionGeometry(
            strides: [1, 1], dilations: [1, 1], padLow: [1, 1], padHigh: [1, 1], groups: 1)
        let state = RunState()
        ConvolutionKernel(
            role: .output, x: x.operand, w: w.operand, y: y.operand, geometry: geometry, accumulate: false
        ).run(state)
        #expect(state.matmulFlops == 2 * 4 * 2 * 3 * 9)
        #expect(state.executedFlops == 2 * 4 * 2 * 3)
    }
}
