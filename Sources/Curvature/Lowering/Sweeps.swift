/// How often a pass goes through the network, a block of vectors counting once.
package struct Sweeps: Hashable, Sendable {
    package var forward = 0
    package var tangent = 0
    package var backward = 0
}
