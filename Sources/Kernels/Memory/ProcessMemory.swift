import Foundation

/// The process as the system sees it.
package enum ProcessMemory {
    /// The high-water mark of resident memory, in bytes.
    package static var residentPeak: Int {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return usage.ru_maxrss * 1024
    }
}
