import Foundation

/// Recurrent networks by ONNX's equations, one number after the other.
struct RecurrentReference {
    enum Kind: String, CaseIterable, Sendable {
        case rnn = "RNN"
        case lstm = "LSTM"
        case gru = "GRU"
        var gates: Int { self == .rnn ? 1 : self == .lstm ? 4 : 3 }
    }
    var kind: Kind
    var features: Int
    var inputs: Int
    /// Of one direction: (gates * features, inputs), (gates * features, features), 2 * gates * features.
    var weight: [Double]
    var recurrence: [Double]
    var bias: [Double]
    /// 3 * features, for LSTM: input, output, forget.
    var peephole: [Double]?
    var clip = Double.infinity
    var couplesGates = false
    var resetsAfterProduct = false

    private func sigmoid(_ x: Double) -> Double { 1 / (1 + exp(-min(max(x, -clip), clip))) }
    private func hyperbolic(_ x: Double) -> Double { tanh(min(max(x, -clip), clip)) }

    /// W x + Wb of one gate's unit.
    private func fromInput(_ gate: Int, _ unit: Int, _ x: [Double]) -> Double {
        let row = gate * features + unit
        return (0..<inputs).reduce(bias[row]) { $0 + weight[row * inputs + $1] * x[$1] }
    }
    /// R h + Rb of one gate's unit.
    private func fromState(_ gate: Int, _ unit: Int, _ h: [Double]) -> Double {
        let row = gate * features + unit
        return (0..<features).reduce(bias[kind.gates * features + row]) { $0 + recurrence[row * features + $1] * h[$1] }
    }

    /// One example's hidden states at all positions, and its last memory; `x` has a row for each position.
    func run(_ x: [[Double]], hidden start: [Double], memory: [Double]) -> (outputs: [[Double]], memory: [Double]) {
        var (h, c) = (start, memory)
        var outputs: [[Double]] = []
        for row in x {
            func both(_ gate: Int, _ unit: Int) -> Double { fromInput(gate, unit, row) + fromState(gate, unit, h) }
            var (nextHidden, nextMemory) = (h, c)
            for unit in 0..<features {
                switch kind {
                case .rnn: nextHidden[unit] = hyperbolic(both(0, unit))
                case .lstm:
                    let p = (0..<3).map { peephole?[$0 * features + unit] ?? 0 }
                    let input = sigmoid(both(0, unit) + p[0] * c[unit])
                    let forget = couplesGates ? 1 - input : sigmoid(both(2, unit) + p[2] * c[unit])
                    let memory = forget * c[unit] + input * hyperbolic(both(3, unit))
                    nextMemory[unit] = memory
                    nextHidden[unit] = sigmoid(both(1, unit) + p[1] * memory) * tanh(memory)
                case .gru:
                    let update = sigmoid(both(0, unit))
                    let candidate: Double
                    if resetsAfterProduct {
                        candidate = hyperbolic(fromInput(2, unit, row) + sigmoid(both(1, unit)) * fromState(2, unit, h))
                    } else {
                        let reset = (0..<features).map { sigmoid(both(1, $0)) * h[$0] }
                        candidate = hyperbolic(fromInput(2, unit, row) + fromState(2, unit, reset))
                    }
                    nextHidden[unit] = (1 - update) * candidate + update * h[unit]
                }
            }
            (h, c) = (nextHidden, nextMemory)
            outputs.append(h)
        }
        return (outputs, c)
    }
}
