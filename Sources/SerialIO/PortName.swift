/// How the configuration names a serial port: by what is plugged in, or by a path.
///
/// `ttyUSB0` is whichever adapter came first, so a name that follows the device is the better one.
public enum PortName: Hashable, Sendable, CustomStringConvertible {
    /// A USB device by its vendor and product number, and its serial number where several are alike.
    case usb(vendor: UInt16, product: UInt16, serial: String?)
    /// A device file, or a link to one, such as those in `/dev/serial/by-id` and `by-path`. Links are followed at
    /// each opening, so the port is found again wherever the kernel puts it.
    case path(String)
    /// Every device file, or link to one, whose path fits: `/dev/ttyUSB*`, `/dev/serial/by-id/usb-FTDI*`. Each match is
    /// a port of its own.
    case glob(String)
    /// Every serial port that has no other name: `auto`.
    case automatic

    /// Reads `usb:1a86:7523`, `usb:1a86:7523:SERIAL`, absolute paths, absolute patterns with `*`, `?` or `[`, and
    /// `auto`; nil for anything else.
    public init?(_ text: String) {
        if text == "auto" {
            self = .automatic
            return
        }
        if text.hasPrefix("/") {
            guard text.utf8.count > 1, !text.utf8.contains(0) else { return nil }
            self = text.utf8.contains { "*?[".utf8.contains($0) } ? .glob(text) : .path(text)
            return
        }
        let parts = text.split(separator: ":", maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count >= 3, parts[0] == "usb", let vendor = Self.number(parts[1]),
            let product = Self.number(parts[2])
        else { return nil }
        let serial = parts.count == 4 ? String(parts[3]) : nil
        guard serial?.isEmpty != true else { return nil }
        self = .usb(vendor: vendor, product: product, serial: serial)
    }

    /// Whether it may mean several ports, each of which is read by itself.
    public var isPlural: Bool {
        switch self {
        case .usb, .path: false
        case .glob, .automatic: true
        }
    }

    /// The name as the configuration spells it.
    public var description: String {
        switch self {
        case .path(let path): path
        case .glob(let pattern): pattern
        case .automatic: "auto"
        case .usb(let vendor, let product, let serial):
            "usb:\(Self.text(vendor)):\(Self.text(product))" + (serial.map { ":" + $0 } ?? "")
        }
    }

    /// Four hexadecimal digits, as `lsusb` and sysfs write them.
    private static func number(_ text: Substring) -> UInt16? {
        guard text.utf8.count == 4, text.allSatisfy(\.isHexDigit) else { return nil }
        return UInt16(text, radix: 16)
    }

    private static func text(_ number: UInt16) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 4 - digits.utf8.count) + digits
    }
}
