/// Which way to convolve is faster: a model of both with fixed constants (fitted on one machine with 256-bit vectors),
/// so that the choice depends on sizes alone. In nanoseconds of one thread for one example, vector and group.
extension ConvolutionShape {
    func prefersDirect(_ role: ConvolutionRole) -> Bool {
        switch role {
        case .output:
            return directOutputCost < unfoldedCost(role)
        case .input:
            if planes.stride_height > 1 || planes.stride_width > 1 { return channels * outputs <= 4 && groups > 1 }
            // It keeps a copy of the weight.
            let weights = (wVectorStride > 0 ? vectors : 1) * groups * outputs * rows
            return weights * storage.byteCount <= 1 << 20 && reversed.directOutputCost < unfoldedCost(role)
        case .weight:
            return directWeightCost < unfoldedCost(role)
        }
    }

    private var width: Double { Double(storage.byteCount) / 4 }
    private var macs: Double { Double(outputs * rows * outputPlane) }

    private var padCost: Double { 0.12 * width * Double(channels * paddedCount(outRows: planes.out_height)) }

    private var directOutputCost: Double {
        // Sixteen columns at a time keep the multipliers busy; eight wait for them.
        let rest = planes.out_width % 16
        let wide = planes.out_width / 16 * 16 + (rest > 8 ? 16 : 0)
        let narrow = rest > 0 && rest <= 8 ? 8 : 0
        let single = outputs % 4
        let shared = outputs - single
        let perColumn = Double(shared) / 42 + Double(single) / 26
        let rowBlocks = shared / 4 * planes.out_height + single * ceilingQuotient(planes.out_height, 4)
        let blocks = Double(rowBlocks * ((wide + narrow + 15) / 16))
        let arithmetic = Double(rows * planes.out_height) * (Double(wide) + 1.75 * Double(narrow)) * perColumn
        return width * arithmetic * (planes.stride_width == 1 ? 1 : 1.4) + 8 * blocks + padCost + 100
    }

    private var directWeightCost: Double {
        let columns = (planes.out_width + 7) / 8 * 8
        let rate = (outputs >= 4 ? 40.0 : 12.0) * (planes.kernel_width % 3 == 0 ? 1 : 0.6)
        let rowsOfTaps = channels * planes.kernel_height * (planes.kernel_width / 3 + planes.kernel_width % 3)
        let blockCost = Double(rowsOfTaps * (60 * (outputs / 4) + 25 * (outputs % 4)))
        let arithmetic = Double(outputs * rows * planes.out_height * columns) / rate
        return width * (arithmetic + 0.2 * Double(outputs * widenedPlane)) + blockCost + padCost + 100
    }

    private func unfoldedCost(_ role: ConvolutionRole) -> Double {
        let (unfolded, result) = (Double(rows * outputPlane), Double(outputs * outputPlane))
        // Of this example's share of a tile of several hundred columns.
        let tile = Double(outputPlane) / 512
        let moved = outputPlane < 192 ? 0.3 * result : 0
        // Dimensions of products are rounded up to what the inner loops take at once.
        let dimension = role == .input ? rows : outputs
        let rounded = Double((dimension + 3) / 4 * 4) / Double(dimension)
        return width
            * (macs * rounded / 42 + 0.35 * unfolded + 0.15 * result + moved + 0.15 * Double(outputs * rows) * tile)
            + 200 * tile + 100
    }
}
