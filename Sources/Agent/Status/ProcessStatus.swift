import Glibc
import Records
import StrictTOML

/// What the agent takes of the machine, by `/proc/self`. Zero where the kernel does not tell.
public struct ProcessStatus: Sendable {
    /// Bytes of memory in use, mapped files included.
    public var residentBytes = 0
    /// Bytes of memory that are nobody else's and no file's: what the kernel cannot drop.
    public var anonymousBytes = 0
    /// Threads.
    public var threads = 0
    /// Descriptors that are open.
    public var descriptors = 0
    /// Time that all threads have computed.
    public var processorTime = Duration.zero

    /// All zero.
    public init() {}

    /// Reads `/proc/self`, a file system in memory.
    static func current() -> ProcessStatus {
        var status = ProcessStatus()
        for (name, value) in ProcFile.numbers("/proc/self/status") {
            switch name {
            case "VmRSS": status.residentBytes = Int(value) << 10
            case "RssAnon": status.anonymousBytes = Int(value) << 10
            case "Threads": status.threads = Int(value)
            default: break
            }
        }
        status.descriptors = ProcFile.entryCount("/proc/self/fd")
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        status.processorTime = .seconds(Int64(time.tv_sec)) + .nanoseconds(Int64(time.tv_nsec))
        return status
    }
}

/// Files of the kernel with lines of a name, a colon and a number.
enum ProcFile {
    /// Each name with its number; lines without one are left out.
    static func numbers(_ path: String) -> [(name: Substring, value: UInt64)] {
        text(path).split(separator: "\n").compactMap { line in
            guard let colon = line.firstIndex(of: ":") else { return nil }
            let digits = line[line.index(after: colon)...].drop { !$0.isNumber }.prefix { $0.isNumber }
            return UInt64(digits).map { (line[..<colon], $0) }
        }
    }

    /// The whole file; empty where it is not there.
    static func text(_ path: String) -> String {
        // A kernel that does not have the file says so by its absence.
        guard let contents = try? FileContents(path: path, sizeMax: .kibibytes(64)) else { return "" }
        return String(decoding: contents.bytes, as: UTF8.self)
    }

    /// How many entries a folder has.
    static func entryCount(_ path: String) -> Int {
        guard let directory = opendir(path) else { return 0 }
        defer { closedir(directory) }
        var count = 0
        while readdir(directory) != nil { count += 1 }
        // ".", "..", and the descriptor of the folder itself.
        return max(0, count - 3)
    }
}
