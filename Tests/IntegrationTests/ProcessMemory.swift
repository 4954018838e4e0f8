import AgentTestKit

/// What `/proc` says of a process.
enum ProcessMemory {
    /// Private memory that is no file: what the kernel cannot drop.
    static func anonymousBytes(of pid: Int32) throws -> Int {
        let status = TemporaryFolder.contents(of: "/proc/\(pid)/status")
        let line = status.split(separator: "\n").first { $0.hasPrefix("RssAnon:") }
        guard let kibibytes = line?.split(separator: " ").dropFirst().first.flatMap({ Int($0) }) else {
            throw TestKitError("no RssAnon in /proc/\(pid)/status")
        }
        return kibibytes << 10
    }
}
