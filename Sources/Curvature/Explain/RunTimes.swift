/// What runs of a plan took.
public struct RunTimes: Sendable {
    public var loadSeconds: Double
    public var compileSeconds: Double
    /// At least one.
    public var measurements: [RunMeasurement]
    /// The most that the library's buffers took at once.
    public var peakBytes: Int
    public init(loadSeconds: Double, compileSeconds: Double, measurements: [RunMeasurement], peakBytes: Int) {
        (self.loadSeconds, self.compileSeconds) = (loadSeconds, compileSeconds)
        (self.measurements, self.peakBytes) = (measurements, peakBytes)
    }
}
