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
        let paths: [String]
        switch name {
        case .path(let path): return .device(path: path)
        case .glob, .automatic: paths = matches(name)
        case .usb(let vendor, let product, let serial): paths = terminals(vendor, product, serial)
        }
        switch paths.count {
        case 0: return .absent
        case 1: return .device(path: paths[0])
        default: return .ambiguous(paths: paths.sorted())
        }
    }

    /// All ports that a name means at this moment, as paths in order.
    public func matches(_ name: PortName) -> [String] {
        switch name {
        case .path(let path): access(path, F_OK) == 0 ? [path] : []
        case .usb(let vendor, let product, let serial): terminals(vendor, product, serial).sorted()
        case .glob(let pattern): matches(pattern)
        case .automatic: ports()
        }
    }

    /// All paths that a pattern fits at this moment, in order. Links that lead nowhere are left out.
    public func matches(_ pattern: String) -> [String] {
        var found = glob_t()
        defer { globfree(&found) }
        // In class brackets and stars nothing may stand for a slash or for a leading dot: that is glob's own rule.
        guard glob(pattern, 0, nil, &found) == 0, let paths = found.gl_pathv else { return [] }
        return (0..<Int(found.gl_pathc)).compactMap { paths[$0].map { String(cString: $0) } }
            .filter { access($0, F_OK) == 0 }.sorted()
    }

    /// All serial ports of the machine with hardware behind them, as paths in order.
    public func ports() -> [String] {
        terminals().filter { terminal in
            let folder = sysfs + "/class/tty/" + terminal
            // Consoles and pseudo-terminals have no device; lines of the 8250 driver without a chip have type 0.
            guard access(folder + "/device", F_OK) == 0, attribute("type", of: folder) != "0" else { return false }
            return access(devices + "/" + terminal, F_OK) == 0
        }.map { devices + "/" + $0 }.sorted()
    }

    /// Folders in which a change may mean that a port of this name came or went. They need not exist.
    func foldersToWatch(for name: PortName) -> [String] {
        let usual = ["", "/serial", "/serial/by-id", "/serial/by-path"].map { devices + $0 }
        guard case .path(let path) = name.withoutPattern, let slash = path.lastIndex(of: "/") else { return usual }
        let folder = String(path[..<slash])
        return usual.contains(folder) || folder.isEmpty ? usual : usual + [folder]
    }

    func terminals(_ vendor: UInt16, _ product: UInt16, _ serial: String?) -> [String] {
        terminals().filter { terminal in
            guard let device = usbDevice(of: terminal) else { return false }
            return number("idVendor", of: device) == vendor && number("idProduct", of: device) == product
                && (serial == nil || attribute("serial", of: device) == serial)
        }.map { devices + "/" + $0 }
    }

    /// The device file itself, links followed; the path as it is where it leads nowhere.
    public static func resolved(_ path: String) -> String {
        guard let resolved = realpath(path, nil) else { return path }
        defer { free(resolved) }
        return String(cString: resolved)
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
    func usbDevice(of terminal: String) -> String? {
        guard let resolved = realpath(sysfs + "/class/tty/" + terminal + "/device", nil) else { return nil }
        defer { free(resolved) }
        var directory = Substring(String(cString: resolved))
        while let slash = directory.lastIndex(of: "/"), slash > directory.startIndex {
            if access(directory + "/idVendor", R_OK) == 0 { return String(directory) }
            directory = directory[..<slash]
        }
        return nil
    }

    /// A hexadecimal number in a sysfs file.
    func number(_ name: String, of directory: String) -> UInt16? {
        attribute(name, of: directory).flatMap { UInt16($0, radix: 16) }
    }

    /// One line of a sysfs file, without its end.
    func attribute(_ name: String, of directory: String) -> String? {
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

extension PortName {
    /// For a pattern the path of the folder in which matches come and go, with something in it.
    fileprivate var withoutPattern: PortName {
        guard case .glob(let pattern) = self else { return self }
        let fixed = pattern.prefix { !"*?[".contains($0) }
        return .path(String(fixed))
    }
}
