import Foundation
import SerialIO

/// A sysfs and a folder of device files in which one USB adapter, 1a86:7523, is plugged in and out.
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

    func plugIn(_ terminal: String, at path: String) throws {
        let device = "\(root)/devices/\(terminal)"
        try files.createDirectory(atPath: "\(device)/interface", withIntermediateDirectories: true)
        try "1a86\n".write(toFile: "\(device)/idVendor", atomically: true, encoding: .utf8)
        try "7523\n".write(toFile: "\(device)/idProduct", atomically: true, encoding: .utf8)
        try files.createSymbolicLink(atPath: "\(root)/dev/\(terminal)", withDestinationPath: path)
        try files.createDirectory(atPath: "\(root)/class/tty/\(terminal)", withIntermediateDirectories: true)
        try files.createSymbolicLink(
            atPath: "\(root)/class/tty/\(terminal)/device", withDestinationPath: "\(device)/interface")
    }

    func unplug(_ terminal: String) throws {
        try files.removeItem(atPath: "\(root)/class/tty/\(terminal)")
        try files.removeItem(atPath: "\(root)/dev/\(terminal)")
        try files.removeItem(atPath: "\(root)/devices/\(terminal)")
    }
}
