import Kernels

/// What runs of a plan took.
public struct RunTimes: Sendable {
    /// Reading the model and the headers of data.
    public var loadSeconds: Double
    /// From expressions to a plan.
    public var compileSeconds: Double
    /// At least one.
    public var measurements: [RunMeasurement]
    /// The most that the library's buffers took at once.
    public var peakBytes: Int
    /// The process's high-water mark after the runs: what explain itself takes comes later.
    public var residentPeakBytes: Int

    /// - Parameters:
    ///   - loadSeconds: Reading the model and the headers of data.
    ///   - compileSeconds: From expressions to a plan.
    ///   - measurements: Of all runs in order; at least one.
    ///   - peakBytes: The most that the library's buffers took at once.
    ///   - residentPeakBytes: The process's high-water mark now, unless given.
    public init(
        loadSeconds: Double, compileSeconds: Double, measurements: [RunMeasurement], peakBytes: Int,
        residentPeakBytes: Int? = nil
    ) {
        (self.loadSeconds, self.compileSeconds) = (loadSeconds, compileSeconds)
        (self.measurements, self.peakBytes) = (measurements, peakBytes)
        self.residentPeakBytes = residentPeakBytes ?? ProcessMemory.residentPeak
    }
}
