import Foundation
import Kernels

/// What the system grants this process: memory and processors, limits of a container included.
public struct SystemLimits: Sendable {
    /// Bytes of the machine, and of those what is free or can be freed; nil where the system doesn't say.
    public var memory, availableMemory: Int?
    /// The container's bound on memory, in bytes; nil without one.
    public var memoryLimit: Int?
    /// Threads that can run at once, as TBB counts them.
    public var threads: Int
    /// The container's bound on processor time, in processors; nil without one.
    public var processorQuota: Double?
    /// The version of TBB that is loaded.
    public var tbbVersion: String

    /// Of this process, now.
    public static var current: SystemLimits {
        SystemLimits(reading: { try? String(contentsOfFile: $0, encoding: .utf8) })
    }

    /// - Parameter reading: The text of a file of the system, nil where there is none.
    init(reading: (String) -> String?) {
        (threads, tbbVersion) = (TaskArena.hardwareThreads, TaskArena.version)
        let lines = (reading("/proc/meminfo") ?? "").split(separator: "\n")
        func bytes(_ key: String) -> Int? {
            guard let line = lines.first(where: { $0.hasPrefix(key + ":") }) else { return nil }
            let words = line.split(separator: " ")
            return words.count > 1 ? Int(words[1]).map { $0 * 1024 } : nil
        }
        (memory, availableMemory) = (bytes("MemTotal"), bytes("MemAvailable"))
        func number(_ path: String) -> Int? {
            reading(path).flatMap { Int($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
        }
        let limit = number("/sys/fs/cgroup/memory.max") ?? number("/sys/fs/cgroup/memory/memory.limit_in_bytes")
        // Without a bound, version 1 gives the largest number of pages.
        let whole = memory ?? .max
        memoryLimit = limit.flatMap { $0 < whole ? $0 : nil }
        let quota = (reading("/sys/fs/cgroup/cpu.max") ?? "").split(whereSeparator: \.isWhitespace).compactMap {
            Double($0)
        }
        if quota.count == 2, quota[1] > 0 {
            processorQuota = quota[0] / quota[1]
        } else if let time = number("/sys/fs/cgroup/cpu/cpu.cfs_quota_us"),
            let period = number("/sys/fs/cgroup/cpu/cpu.cfs_period_us"), time > 0, period > 0
        {
            processorQuota = Double(time) / Double(period)
        }
    }
}
