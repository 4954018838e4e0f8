import Agent
import Glibc
import Simulation

/// What the kernel says of the medium below a folder.
struct DiskDescription: Sendable, Equatable {
    /// What it is made of, as far as durability goes.
    enum Kind: String, Sendable {
        case memory, rotating, card, flash, solidState, virtual, network, unknown

        /// For people.
        var name: String {
            switch self {
            case .memory: "memory"
            case .rotating: "a rotating disk"
            case .card: "an SD card"
            case .flash: "eMMC or USB flash"
            case .solidState: "a solid-state disk"
            case .virtual: "a virtual disk"
            case .network: "a network file system"
            case .unknown: "a medium that the kernel does not describe"
            }
        }
    }

    var kind = Kind.unknown
    /// The kernel's name; nil where there is no block device.
    var device: String?
    /// `ext4`
    var fileSystem = ""
    var mountOptions: Set<String> = []
    /// Whether the kernel sends flushes to the device (`queue/write_cache` is `write back`); nil where it does not say.
    var sendsFlushes: Bool?
    /// Bytes in a second that its bus carries at most; nil where that is not known.
    var busRate: Double?

    /// Nothing is known.
    init() {}

    /// Reads what is known of a folder's medium. Reads files of the kernel only.
    init(folder: String) {
        readMount(of: folder)
        let directory = MediumWatch.blockDevice(of: folder)
        device = directory.flatMap { $0.split(separator: "/").last.map(String.init) }
        if let directory { sendsFlushes = Self.sendsFlushes(directory) }
        kind = kind(directory)
        busRate = directory.flatMap { busRate($0) }
    }

    private func kind(_ directory: String?) -> Kind {
        switch fileSystem {
        case "tmpfs", "ramfs", "squashfs": return .memory
        case "nfs", "nfs4", "cifs", "smb3", "9p", "fuse.sshfs", "virtiofs": return .network
        default: break
        }
        guard let directory, let device else { return .unknown }
        if device.hasPrefix("mmcblk") { return Self.line(directory + "/device/type") == "SD" ? .card : .flash }
        if device.hasPrefix("ram") || device.hasPrefix("zram") { return .memory }
        if ["vd", "xvd", "loop", "nbd"].contains(where: { device.hasPrefix($0) }) { return .virtual }
        if Self.line(directory + "/queue/rotational") == "1" {
            // Hypervisors leave the flag of their emulated disks set.
            return Self.isEmulated(Self.line(directory + "/device/model")) ? .virtual : .rotating
        }
        if directory.contains("/usb") { return .flash }
        if Self.isEmulated(Self.line(directory + "/device/model")) { return .virtual }
        return device.hasPrefix("nvme") || device.hasPrefix("sd") ? .solidState : .unknown
    }

    /// JEDEC eMMC 5.1, 10.10 (HS400); SD Physical Layer 6.0, 4.2.3.5 (SDR104, and UHS-II above it); USB by its speed.
    private func busRate(_ directory: String) -> Double? {
        switch kind {
        case .card: return 312e6
        case .flash where device?.hasPrefix("mmcblk") == true: return 400e6
        default: break
        }
        guard directory.contains("/usb") else { return nil }
        var folder = Substring(directory)
        while let slash = folder.lastIndex(of: "/"), slash > folder.startIndex {
            folder = folder[..<slash]
            if let speed = Double(Self.line(folder + "/speed")), speed > 0 { return speed * 1e6 / 8 }
        }
        return nil
    }

    private mutating func readMount(of folder: String) {
        var status = stat()
        guard stat(folder, &status) == 0 else { return }
        let number = UInt64(status.st_dev)
        let major = (number >> 8 & 0xFFF) | (number >> 32 & ~0xFFF)
        let minor = (number & 0xFF) | (number >> 12 & ~0xFF)
        // proc(5): id, parent, major:minor, root, mount point, options, optional fields, "-", type, source, options.
        for line in TemporaryFolder.contents(of: "/proc/self/mountinfo").split(separator: "\n") {
            let fields = line.split(separator: " ")
            guard fields.count > 6, fields[2] == "\(major):\(minor)", let dash = fields.firstIndex(of: "-"),
                dash + 3 < fields.count
            else { continue }
            fileSystem = String(fields[dash + 1])
            mountOptions = Set(
                (fields[5].split(separator: ",") + fields[dash + 3].split(separator: ",")).map(String.init))
        }
    }

    private static func sendsFlushes(_ directory: String) -> Bool? {
        switch line(directory + "/queue/write_cache") {
        case "write back": true
        case "write through": false
        default: nil
        }
    }

    private static func isEmulated(_ model: String) -> Bool {
        ["QEMU", "VBOX", "Virtual", "VMware", "PersistentDisk"].contains { model.contains($0) }
    }

    private static func line(_ path: some StringProtocol) -> String {
        var text = TemporaryFolder.contents(of: String(path)).prefix { $0 != "\n" }
        while text.last == " " { text.removeLast() }
        return String(text)
    }
}
