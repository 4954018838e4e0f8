import Glibc
import Records

/// What is known of the medium below a folder, and what the agent writes to it. Reads files of the kernel only.
struct MediumWatch: Sendable {
    private let folder: String
    private let device: String?
    private let deviceSize: UInt64?
    private let lifeUsedPercent: Int?

    /// Erase cycles that flash of the cheap kinds stands at least, averaged over the medium by its wear levelling.
    private static let cyclesAssumed: UInt64 = 1000

    init(folder: String) {
        self.folder = folder
        let directory = Self.blockDevice(of: folder)
        device = directory.flatMap { $0.split(separator: "/").last.map(String.init) }
        deviceSize = directory.flatMap { UInt64(Self.line($0 + "/size")) }.map { $0 * 512 }
        // Two estimates in steps of ten per cent, such as "0x01 0x02"; 0 is unknown, 0x0B beyond the end.
        let estimates = directory.map { Self.line($0 + "/device/life_time") } ?? ""
        let steps = estimates.split(separator: " ").compactMap { UInt8($0.dropFirst(2), radix: 16) }
        lifeUsedPercent = steps.max().flatMap { $0 == 0 ? nil : min(100, Int($0) * 10) }
    }

    /// Bytes that the agent has sent to the medium since it started.
    static var written: UInt64? {
        ProcFile.numbers("/proc/self/io").first { $0.name == "write_bytes" }?.value
    }

    /// What is known at present.
    ///
    /// - Parameters:
    ///   - rate: bytes written in a second.
    ///   - endurance: bytes that the medium stands, from its data sheet; nil where nobody said.
    func status(written: UInt64?, rate: Double?, endurance: ByteCount?) -> MediumStatus {
        var status = MediumStatus()
        status.device = device
        status.written = written
        status.lifeUsedPercent = lifeUsedPercent
        var system = statvfs()
        if statvfs(folder, &system) == 0 {
            status.free = .bytes(Int(system.f_bavail) * Int(system.f_frsize))
            status.size = .bytes(Int(system.f_blocks) * Int(system.f_frsize))
        }
        guard let rate else { return status }
        status.writtenPerDay = rate * 86_400
        let stands: UInt64
        if let endurance {
            stands = UInt64(endurance.rawValue)
            status.lifeBasis = "log.endurance, \(endurance)"
        } else if let deviceSize {
            stands = deviceSize * Self.cyclesAssumed
            status.lifeBasis =
                "\(Self.cyclesAssumed) erase cycles of \(ByteCount.bytes(Int(deviceSize))), an assumption: "
                + "log.endurance takes what the data sheet says"
        } else {
            return status
        }
        // Longer than a century is for ever, and fits a duration.
        status.life = .seconds(min(Double(stands) / max(rate, 1e-9), 100 * 365.25 * 86_400))
        return status
    }

    /// The folder in `/sys` of the whole device that a folder is on; nil for what has none, such as a tmpfs.
    private static func blockDevice(of folder: String) -> String? {
        var status = stat()
        guard stat(folder, &status) == 0 else { return nil }
        let number = UInt64(status.st_dev)
        // gnu_dev_major and gnu_dev_minor, which are macros.
        let major = (number >> 8 & 0xFFF) | (number >> 32 & ~0xFFF)
        let minor = (number & 0xFF) | (number >> 12 & ~0xFF)
        guard let resolved = realpath("/sys/dev/block/\(major):\(minor)", nil) else { return nil }
        defer { free(resolved) }
        let path = String(cString: resolved)
        guard access(path + "/partition", F_OK) == 0, let slash = path.lastIndex(of: "/") else { return path }
        return String(path[..<slash])
    }

    private static func line(_ path: String) -> String {
        String(ProcFile.text(path).prefix { $0 != "\n" })
    }
}
