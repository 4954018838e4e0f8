import Glibc

/// Where the kernel shows what is plugged in: finds the device file that a ``PortName`` means at this moment.
public struct DeviceTree: Hashable, Sendable {
    /// What a name leads to.
    public enum Match: Hashable, Sendable {
        /// The path to open.
        case device(path: String)
        /// Nothing of that name is plugged in.
        case absent
        /// Several devices fit: taking one of them would be a guess.
        case ambiguous(paths: [String])
    }

    /// Where sysfs is mounted.
    public let sysfs: String
    /// Where the device files are.
    public let devices: String

    /// The tree of this machine, unless a test brings its own.
    public init(sysfs: String = "/sys", devices: String = "/dev") {
        self.sysfs = sysfs
        self.devices = devices
    }

    /// Looks a name up. A path stands for itself: whether it exists shows when it is opened.
    public func find(_ name: PortName) -> Match {
        guard case .usb(let vendor, let product, let serial) = name else { return .device(path: name.description) }
        let paths = terminals().filter { terminal in
            guard let device = usbDevice(of: terminal) else { return false }
            return attribute("idVendor", of: device).flatMap { UInt16($0, radix: 16) } == vendor
                && attribute("idProduct", of: device).flatMap { UInt16($0, radix: 16) } == product
                && (serial == nil || attribute("serial", of: device) == serial)
        }.map { devices + "/" + $0 }
        switch paths.count {
        case 0: return .absent
        case 1: return .device(path: paths[0])
        default: return .ambiguous(paths: paths.sorted())
        }
    }

    /// The names in `class/tty`.
    private func terminals() -> [String] {
        guard let directory = opendir(sysfs + "/class/tty") else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names
    }

    /// The USB device that a terminal belongs to: the first directory above it that has a vendor number. Nil for
    /// terminals that are not on USB.
    private func usbDevice(of terminal: String) -> String? {
        guard let resolved = realpath(sysfs + "/class/tty/" + terminal + "/device", nil) else { return nil }
        defer { free(resolved) }
        var directory = Substring(String(cString: resolved))
        while let slash = directory.lastIndex(of: "/"), slash > directory.startIndex {
            if access(directory + "/idVendor", R_OK) == 0 { return String(directory) }
            directory = directory[..<slash]
        }
        return nil
    }

    /// One line of a sysfs file, without its end.
    private func attribute(_ name: String, of directory: String) -> String? {
        let descriptor = open(directory + "/" + name, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        let file = OwnedDescriptor(adopting: descriptor)
        // USB string descriptors have at most 126 characters: 378 bytes in UTF-8.
        var bytes = [UInt8](repeating: 0, count: 512)
        let count = read(file.rawValue, &bytes, bytes.count)
        guard count > 0 else { return nil }
        return String(decoding: bytes[..<count].prefix { $0 != 0x0A }, as: UTF8.self)
    }
}
