/// Streams of random vectors under one seed. Those of one purpose are the same for every method, so that methods can be compared.
enum ProbePurpose: Int {
    case probe = 1
    case residual
    case start
    case replacement
}
