import SerialIO
import Testing

@Suite struct PortNameTests {
    @Test(arguments: [
        ("usb:1a86:7523", PortName.usb(vendor: 0x1A86, product: 0x7523, serial: nil)),
        ("usb:0403:6001:A50285BI", .usb(vendor: 0x0403, product: 0x6001, serial: "A50285BI")),
        ("usb:0403:6001:with:colon", .usb(vendor: 0x0403, product: 0x6001, serial: "with:colon")),
        ("/dev/ttyS0", .path("/dev/ttyS0")), ("/dev/serial/by-id/usb-FTDI", .path("/dev/serial/by-id/usb-FTDI")),
    ])
    func `a name is read, and written the same`(text: String, name: PortName) {
        #expect(PortName(text) == name)
        #expect(name.description == text)
    }

    @Test(arguments: [
        "", "/", "ttyUSB0", "usb", "usb:", "usb:1a86", "usb:1a86:", "usb:1a86:75231", "usb:+a86:7523", "usb:1a86:7523:",
        "usb:xyz1:7523",
        "pci:1a86:7523", "dev/ttyS0", "/dev/tty\u{0}S0",
    ])
    func `what is no name is refused`(text: String) {
        #expect(PortName(text) == nil)
    }
}

@Suite struct DeviceTreeTests {
    @Test func `a USB name finds the terminal below the device that has its numbers`() throws {
        let system = try FakeUSB()
        try system.add("ttyUSB0", vendor: "1a86", product: "7523")
        try system.add("ttyACM0", vendor: "2341", product: "0043", serial: "7563")
        try system.add("ttyS0")
        #expect(
            system.tree.find(.usb(vendor: 0x1A86, product: 0x7523, serial: nil))
                == .device(path: system.path("ttyUSB0")))
        #expect(
            system.tree.find(.usb(vendor: 0x2341, product: 0x43, serial: "7563"))
                == .device(path: system.path("ttyACM0"))
        )
        #expect(system.tree.find(.usb(vendor: 0x2341, product: 0x43, serial: "7564")) == .absent)
        #expect(system.tree.find(.usb(vendor: 0x1A86, product: 0x7523, serial: "1")) == .absent)
        #expect(system.tree.find(.usb(vendor: 0x1A86, product: 0x7524, serial: nil)) == .absent)
        #expect(system.tree.find(.path("/dev/x")) == .device(path: "/dev/x"))
    }

    @Test func `two devices of one name are not guessed between`() throws {
        let system = try FakeUSB()
        try system.add("ttyUSB1", vendor: "0403", product: "6001", serial: "B")
        try system.add("ttyUSB0", vendor: "0403", product: "6001", serial: "A")
        #expect(
            system.tree.find(.usb(vendor: 0x0403, product: 0x6001, serial: nil))
                == .ambiguous(paths: [system.path("ttyUSB0"), system.path("ttyUSB1")]))
        #expect(
            system.tree.find(.usb(vendor: 0x0403, product: 0x6001, serial: "B"))
                == .device(path: system.path("ttyUSB1")))
    }

    @Test func `a machine without sysfs has no USB devices`() {
        let tree = DeviceTree(sysfs: "/nowhere", devices: "/dev")
        #expect(tree.find(.usb(vendor: 1, product: 1, serial: nil)) == .absent)
    }
}
