import Glibc
import Kernels

extension Operand {
    /// The largest antisymmetric part of a symmetric operator's matrix, beside the whole in Frobenius norm: what products of inexact iterations leave.
    private static let mostAntisymmetric = 0.01

    /// Replaces a square float64 matrix by its symmetric part.
    ///
    /// - Parameter task: Who needs it to be symmetric; nil where it is, but for rounding.
    /// - Throws: an error where it has more of an antisymmetric part than rounding and inexact products explain.
    func takeSymmetricPart(for task: String?) throws {
        let size = sizes[0]
        var (whole, antisymmetric) = (0.0, 0.0)
        withMutableSpan(of: Double.self) { a in
            for i in 0..<size {
                whole += a[i * (size + 1)] * a[i * (size + 1)]
                for j in 0..<i {
                    let (lower, upper) = (a[i * size + j], a[j * size + i])
                    whole += lower * lower + upper * upper
                    antisymmetric += (lower - upper) * (lower - upper) / 2
                    (a[i * size + j], a[j * size + i]) = ((lower + upper) / 2, (lower + upper) / 2)
                }
            }
        }
        guard let task, antisymmetric > Self.mostAntisymmetric * Self.mostAntisymmetric * whole else { return }
        throw ProblemError(
            .options,
            "\(task): expected a symmetric operator, found a matrix whose antisymmetric part is \(NumberText.short((antisymmetric / whole).squareRoot())) of it in Frobenius norm; its symmetric part is 0.5 * (A + transpose(A))"
        )
    }
}
