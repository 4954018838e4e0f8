import DeviceProfiles
import Testing

@testable import SimulatedDevices

/// Devices that are asked in several steps.
@Suite struct SessionTests {
    private func text(_ speech: SimulatedDevice.Speech?) -> String? {
        speech.map { String(decoding: $0.bytes, as: UTF8.self) }
    }

    @Test func `an SDI-12 sensor measures, tells how many values it has, and gives them with a checksum where asked`()
        throws
    {
        let device = try SimulatedDevice("it", profile: try Devices.library.profile("meter-teros12"))
        #expect(text(device.answer(to: Array("0M!".utf8))) == "00003\r\n")
        #expect(text(device.answer(to: Array("0D0!".utf8))) == "0+2749.0+23.1+412\r\n")
        #expect(text(device.answer(to: Array("0MC!".utf8))) == "00003\r\n")
        #expect(text(device.answer(to: Array("0D0!".utf8))) == "0+2749.0+23.1+412B^N\r\n")
        #expect(text(device.answer(to: Array("0C!".utf8))) == "000003\r\n")
        #expect(text(device.answer(to: Array("0!".utf8))) == "0\r\n")
        #expect(device.answer(to: Array("1M!".utf8)) == nil)
    }

    @Test func `an M-Bus meter answers to its address, and by its identification once it is selected`() throws {
        var profile = try Devices.library.profile("generic-mbus-heat")
        profile.mbus?.address = 5
        let device = try SimulatedDevice("it", profile: profile)
        func short(_ control: UInt8, _ address: UInt8) -> [UInt8] {
            [0x10, control, address, control &+ address, 0x16]
        }
        #expect(device.answer(to: short(0x40, 5))?.bytes == [0xE5])
        #expect(device.answer(to: short(0x40, 6)) == nil)
        let readout = try #require(device.answer(to: short(0x7B, 5))?.bytes)
        #expect(!Devices.readings(readout, profile).isEmpty, "its checksum is that of its address")
        #expect(readout[5] == 5)
        #expect(device.answer(to: short(0x7B, 0xFD)) == nil, "it is not selected")
        func select(_ digits: [UInt8]) -> [UInt8] {
            let body: [UInt8] = [0x53, 0xFD, 0x52] + digits.reversed() + [0xFF, 0xFF, 0xFF, 0xFF]
            return [0x68, 0x0B, 0x0B, 0x68] + body + [body.reduce(0, &+), 0x16]
        }
        #expect(device.answer(to: select([0x12, 0x34, 0x56, 0x78])) == nil)
        #expect(device.answer(to: select([0x71, 0x82, 0xFF, 0xFF]))?.bytes == [0xE5])
        #expect(device.answer(to: short(0x5B, 0xFD))?.bytes == readout)
    }

    @Test func `a meter with an optical head identifies itself, and gives its readout when that is acknowledged`()
        throws
    {
        let profile = try Devices.library.profile("generic-d0")
        let device = try SimulatedDevice("it", profile: profile)
        #expect(text(device.answer(to: Array("/?!\r\n".utf8))) == "/ABC5METER-V1.0\r\n")
        let readout = try #require(device.answer(to: [0x06] + Array("050\r\n".utf8)))
        #expect(readout.delay > .zero, "it waits until both sides have changed their speed")
        #expect(Devices.number("1.8.0", Devices.readings(readout.bytes, profile)) == 4321.07)
        #expect(device.answer(to: [0x06] + Array("050\r\n".utf8)) == nil, "nobody has signed on")
    }
}
