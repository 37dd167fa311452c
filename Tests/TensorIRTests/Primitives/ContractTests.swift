import Kernels
import Testing

@testable import TensorIR

@Suite struct ContractTests {
    @Test(
        arguments: [
            // Matrix products, with the example axis in every role.
            "ij,jk->ik", "ij,jk->ki", "ji,jk->ik", "ij,kj->ik", "bj,jk->bk", "bj,kj->bk", "bj,bk->jk", "bj,bk->kj",
            "jb,bk->jk",
            // Vectors and inner products.
            "ij,j->i", "i,ij->j", "i,i->", "ij,ij->", "ij,ji->", "bij,bij->b",
            // Outer products.
            "i,j->ij", "i,j->ji", "bi,j->bij", "bi,bj->bij", "ij,kl->ikjl",
            // Batch axes in front, in the middle and behind.
            "bij,bjk->bik", "ijb,jkb->ikb", "bihd,bjhd->bhij", "bhij,bjhd->bihd", "ibj,kbj->bik",
            // Elementwise products.
            "ij,ij->ij", "bij,ij->bij", "bij,j->bij", "ij,ji->ij", "i,bi->bi",
            // Several contracted axes, and those of one kind apart from each other.
            "ijk,kjl->il", "ijk,jk->i", "ijkl,jl->ik", "bijk,bkjl->li", "ijk,lmk->limj",
            "i,->i", ",->",
        ].map(EinsumText.init))
    func patterns(_ text: EinsumText) throws {
        try expectDerivativesMatch(text.inputs, seed: 1, examples: 4) { graph, x in
            try graph.contract(x[0], text.operands[0], x[1], text.operands[1], to: text.result)
        } reference: { x in
            text.product(x)
        }
    }

    /// Both operands one node: a Gram matrix.
    @Test func ofOneOperand() throws {
        try expectDerivativesMatch([.uniform([.examples, 3])], seed: 2) { graph, x in
            try graph.contract(x[0], [0, 1], x[0], [0, 2], to: [1, 2])
        } reference: { x in
            EinsumText("bi,bj->ij").product([x[0], x[0]])
        }
    }

    /// Operands that are views: transposed, sliced backward, repeated.
    @Test func ofViews() throws {
        try expectDerivativesMatch([.uniform([5, .examples, 4]), .uniform([5, 3])], seed: 3) { graph, x in
            let a = try graph.reverse(graph.slice(x[0], axis: 2, start: 1, count: 3), axis: 2)
            let b = try graph.broadcast(
                graph.slice(x[1], axis: 0, start: 4, step: -2, count: 3), to: [3, 2, 3], axes: [0, 2])
            return try graph.append(Contract([0, 1, 2], [2, 3, 4], to: [4, 1, 0, 3]), a, b)
        } reference: { x in
            let a = Dense([5, x[0].sizes[1], 3]) { x[0][$0[0], $0[1], 3 - $0[2]] }
            let b = Dense([3, 2, 3]) { x[1][4 - 2 * $0[0], $0[2]] }
            return EinsumText("ijk,klm->mjil").product([a, b])
        }
    }

    @Test func wideElements() throws {
        try expectDerivativesMatch([.wide([3, 2]), .wide([2, 4])], seed: 4, singleTolerance: 1e-13) { graph, x in
            try graph.matmul(x[0], x[1])
        } reference: { x in
            EinsumText("ij,jk->ik").product(x)
        }
    }

    @Test func contractionOfNothingIsZero() throws {
        let graph = TensorGraph()
        let (a, b) = (try graph.input(.value(0), TensorType([2, 0])), try graph.input(.value(1), TensorType([0, 3])))
        let product = try graph.matmul(a, b)
        #expect(Interpreter(graph, leaves: [a: [], b: []], examples: 1).value(product) == Dense([2, 3]) { _ in 0 })
    }

    @Test func accumulation() throws {
        let graph = TensorGraph()
        let x = try graph.input(.parameter(0), TensorType([.examples, 2]))
        let gram = try graph.contract(x, [0, 1], x, [0, 2], to: [1, 2])
        #expect(graph.primitive(gram).canAccumulate)
        for precision in [Storage.float32, .float64] {
            let interpreter = Interpreter(graph, leaves: [x: [1, 2, 3, 4]], examples: 2, precision: precision)
            #expect(interpreter.accumulated(gram, onto: [1, 2, 3, 4]).values == [11, 16, 17, 24])
        }
    }

    /// Labels have no meaning of their own.
    @Test func labelsAreRenumbered() throws {
        let graph = TensorGraph()
        let (a, b) = (try graph.input(.value(0), TensorType([2, 3])), try graph.input(.value(1), TensorType([3, 4])))
        let product = try graph.contract(a, [0, 1], b, [1, 2], to: [0, 2])
        #expect(try graph.contract(a, [7, 3], b, [3, 5], to: [7, 5]) == product)
        #expect(try graph.contract(a, [0, 1], b, [1, 2], to: [2, 0]) != product)
    }
}
