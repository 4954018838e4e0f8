import Foundation
import SerialIO

/// A sysfs and a folder of device files in which USB adapters are plugged in and out.
final class FakeUSB {
    private let root = FileManager.default.temporaryDirectory.appendingPathComponent("millrace-usb-\(UUID())").path
    private let files = FileManager.default

    init() throws {
        for folder in ["class/tty", "devices", "dev"] {
            try files.createDirectory(atPath: "\(root)/\(folder)", withIntermediateDirectories: true)
        }
    }

    deinit { try? files.removeItem(atPath: root) }

    var tree: DeviceTree { DeviceTree(sysfs: root, devices: root + "/dev") }

    /// Where the tree puts the device file of a terminal.
    func path(_ terminal: String) -> String { "\(root)/dev/\(terminal)" }

    /// Adds a terminal below a USB device with these numbers, or, without any, below something else.
    func add(_ terminal: String, vendor: String? = nil, product: String? = nil, serial: String? = nil) throws {
        let device = "\(root)/devices/\(terminal)"
        let interface = "\(device)/1-1:1.0/\(terminal)"
        try files.createDirectory(atPath: interface, withIntermediateDirectories: true)
        for (name, value) in [("idVendor", vendor), ("idProduct", product), ("serial", serial)] {
            try value.map { try "\($0)\n".write(toFile: "\(device)/\(name)", atomically: true, encoding: .utf8) }
        }
        try files.createDirectory(atPath: "\(root)/class/tty/\(terminal)", withIntermediateDirectories: true)
        try files.createSymbolicLink(
            atPath: "\(root)/class/tty/\(terminal)/device", withDestinationPath: interface)
    }

    /// Plugs in an adapter 1a86:7523 whose device file leads to `path`.
    func plugIn(_ terminal: String, at path: String) throws {
        try files.createSymbolicLink(atPath: self.path(terminal), withDestinationPath: path)
        try add(terminal, vendor: "1a86", product: "7523")
    }

    /// Takes it out again.
    func unplug(_ terminal: String) throws {
        try files.removeItem(atPath: "\(root)/class/tty/\(terminal)")
        try files.removeItem(atPath: "\(root)/dev/\(terminal)")
        try files.removeItem(atPath: "\(root)/devices/\(terminal)")
    }
}
