import Testing

@testable import Kernels

@Suite struct WindowTests {
    private struct Setting {
        var geometry: WindowGeometry
        var plane: [Int]
        var windows: [Int]
        /// The elements of the plane that a window sees, in row-major order.
        func seen(_ window: Int) -> [Int] {
            let (rank, h, w) = (plane.count, plane.count == 1 ? 1 : plane[0], plane.last!)
            let row = window / windows.last!
            let column = window % windows.last!
            var result: [Int] = []
            for k0 in 0..<(rank == 1 ? 1 : geometry.sizes[0]) {
                let y = rank == 1 ? 0 : row * geometry.strides[0] + k0 * geometry.dilations[0] - geometry.padLow[0]
                for k1 in 0..<geometry.sizes.last! {
                    let x = column * geometry.strides.last! + k1 * geometry.dilations.last! - geometry.padLow.last!
                    if y >= 0 && y < h && x >= 0 && x < w { result.append(y * w + x) }
                }
            }
            return result
        }
    }

    private func setting(_ generator: inout TestGenerator) -> Setting {
        let axes = 1 + generator.next(below: 2)
        var plane: [Int] = []
        var windows: [Int] = []
        var geometry = WindowGeometry(sizes: [], strides: [], dilations: [], padLow: [], padHigh: [])
        for _ in 0..<axes {
            plane.append(generator.next(below: 10) == 0 ? 300 : 1 + generator.next(below: 14))
            geometry.sizes.append(1 + generator.next(below: 4))
            geometry.strides.append(1 + generator.next(below: 3))
            geometry.dilations.append(1 + generator.next(below: 2))
            geometry.padLow.append(generator.next(below: 3))
            geometry.padHigh.append(generator.next(below: 3))
            let reach = (geometry.sizes.last! - 1) * geometry.dilations.last! + 1
            let room = plane.last! + geometry.padLow.last! + geometry.padHigh.last! - reach
            // Now and then a window more, as rounding up makes them.
            windows.append(max(0, room < 0 ? 0 : room / geometry.strides.last! + 1 + generator.next(below: 2)))
        }
        return Setting(geometry: geometry, plane: plane, windows: windows)
    }

    @Test(arguments: 0..<200)
    func windows(seed: Int) {
        var generator = TestGenerator(seed: UInt64(seed))
        let test = setting(&generator)
        let storage: Storage = seed % 2 == 0 ? .float32 : .float64
        let lead = [[], [3], [2, 3]][generator.next(below: 3)]
        let planes = lead.reduce(1, *)
        let (size, count) = (test.plane.reduce(1, *), test.windows.reduce(1, *))
        let input = TestArray(storage, lead + test.plane, generator: &generator)
        let values = (0..<input.operand.count).map { _ -> Double in
            let value = Double(generator.next(below: 6) - 3)
            return seed % 5 == 0 && value == 2 ? .nan : seed % 3 == 0 && value == -3 ? -.infinity : value
        }
        input.fill { values[$0].isFinite ? values[$0] : 1 }
        let finite = input.values
        let output = TestArray(storage, lead + test.windows, generator: &generator)
        WindowSumKernel(input: input.operand, output: output.operand, geometry: test.geometry).run(RunState())
        var expected = [Double](repeating: 0, count: planes * count)
        var transposed = [Double](repeating: 0, count: planes * size)
        var argmax = [Double](repeating: 0, count: planes * count)
        for plane in 0..<planes {
            for window in 0..<count {
                var best: Int?
                for element in test.seen(window) {
                    let place = plane * size + element
                    expected[plane * count + window] += finite[place]
                    transposed[place] += Double(window % 7)
                    let old = best.map { values[plane * size + $0] }
                    if old == nil || values[place] > old! || (values[place].isNaN && !old!.isNaN) { best = element }
                }
                argmax[plane * count + window] = Double(best ?? 0)
            }
        }
        #expect(output.values == expected, "\(test)")

        output.fill { count == 0 ? 0 : Double($0 % count % 7) }
        let spread = TestArray(storage, lead + test.plane, generator: &generator)
        WindowSumTransposeKernel(cotangent: output.operand, output: spread.operand, geometry: test.geometry)
            .run(RunState())
        #expect(spread.values == transposed, "\(test)")

        input.fill { values[$0] }
        let places = TestArray(.int64, lead + test.windows, generator: &generator)
        WindowArgmaxKernel(input: input.operand, output: places.operand, geometry: test.geometry).run(RunState())
        #expect(places.values == argmax, "\(test)")
    }
}
