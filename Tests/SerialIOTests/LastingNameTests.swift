import Glibc
import SerialIO
import Testing

/// The name that the configuration is given for a port that was found.
struct LastingNameTests {
    private func add(_ terminal: String, to usb: FakeUSB, vendor: String?, serial: String? = nil) throws {
        try usb.add(terminal, vendor: vendor, product: vendor == nil ? nil : "7523", serial: serial)
        let descriptor = open(usb.path(terminal), O_WRONLY | O_CREAT, 0o600)
        close(descriptor)
    }

    @Test func `the only adapter of its kind is named by its USB identity, with the serial number where it has one`()
        throws
    {
        let usb = try FakeUSB()
        try add("ttyUSB0", to: usb, vendor: "1a86")
        try add("ttyUSB1", to: usb, vendor: "0403", serial: "A1")
        #expect(usb.tree.lastingName(of: usb.path("ttyUSB0")).description == "usb:1a86:7523")
        #expect(usb.tree.lastingName(of: usb.path("ttyUSB1")).description == "usb:0403:7523:A1")
    }

    @Test func `two adapters that are alike are named by their links, and without one by path`() throws {
        let usb = try FakeUSB()
        try add("ttyUSB0", to: usb, vendor: "1a86")
        try add("ttyUSB1", to: usb, vendor: "1a86")
        let links = usb.tree.devices + "/serial"
        for folder in [links, links + "/by-path"] { mkdir(folder, 0o700) }
        symlink(usb.path("ttyUSB1"), links + "/by-path/pci-0-usb-2")
        #expect(usb.tree.lastingName(of: usb.path("ttyUSB1")) == .path(links + "/by-path/pci-0-usb-2"))
        #expect(usb.tree.lastingName(of: usb.path("ttyUSB0")) == .path(usb.path("ttyUSB0")))
    }

    @Test func `a port that is not on USB is named by its path`() throws {
        let usb = try FakeUSB()
        try add("ttyS0", to: usb, vendor: nil)
        #expect(usb.tree.lastingName(of: usb.path("ttyS0")) == .path(usb.path("ttyS0")))
    }
}
