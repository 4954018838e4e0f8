import DeviceProfiles
import SerialIO
import Testing

@Suite struct SessionTests {
    private func line(
        _ conversation: PollRequest.Conversation, settings: SerialSettings, every: Duration = .seconds(60)
    ) -> (VirtualLine, PollLedger) {
        let ledger = PollLedger(devices: 1)
        let device = PolledDevice(name: "one", requests: [PollRequest(conversation, every: every)])
        return (VirtualLine(BusMaster(devices: [device], line: BusLine(settings: settings), ledger: ledger)), ledger)
    }

    private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    /// A telegram from an address with these records, whole with its header.
    private func telegram(from address: UInt8, records: [UInt8]) -> [UInt8] {
        let header: [UInt8] = [0x78, 0x56, 0x34, 0x12, 0x24, 0x40, 0x01, 0x07, 0x13, 0x00, 0x00, 0x00]
        let body = [0x08, address, 0x72] + header + records
        return [0x68, UInt8(body.count), UInt8(body.count), 0x68] + body + [body.reduce(0, &+), 0x16]
    }

    @Test func `M-Bus: the link is reset once, the frame count bit alternates, and all telegrams are fetched`() {
        var settings = SerialSettings(baud: 2400)
        settings.parity = .even
        let (line, ledger) = line(.mbus(.primary(5)), settings: settings)
        let volume: [UInt8] = [0x0C, 0x14, 0x27, 0x04, 0x85, 0x02]
        // 1F within a value is none that says that more follow.
        let misleading: [UInt8] = [0x04, 0x13, 0x1F, 0x1F, 0x1F, 0x1F]
        var asked = 0
        let ran = line.run(until: .seconds(70)) { request, now in
            let time = now + .milliseconds(60)
            guard request[1] != 0x40 else { return [.init(time: time, wire: [0xE5], frame: [0xE5])] }
            asked += 1
            let isFirst = asked % 2 == 1
            let frame = telegram(from: 5, records: isFirst ? volume + [0x1F] : misleading)
            return [.init(time: time, wire: frame, frame: frame)]
        }
        #expect(ran)
        let sent = line.sent.map(\.bytes)
        let reset: [UInt8] = [0x10, 0x40, 5, 0x45, 0x16]
        let even: [UInt8] = [0x10, 0x5B, 5, 0x60, 0x16]
        let odd: [UInt8] = [0x10, 0x7B, 5, 0x80, 0x16]
        #expect(sent == [reset, odd, even, odd, even])
        #expect(line.delivered.count == 4)
        #expect(ledger.current.devices[0].replies == 2)
    }

    @Test func `M-Bus: a meter is selected by its secondary address before each readout`() throws {
        let address = try #require(MBusAddress(secondary: "12345678"))
        #expect(address == .secondary([0x78, 0x56, 0x34, 0x12, 0xFF, 0xFF, 0xFF, 0xFF]))
        #expect(MBusAddress(secondary: "123456782440FF07") != nil)
        #expect(MBusAddress(secondary: "1234567") == nil)
        #expect(MBusAddress(secondary: "1234567G") == nil)
        let (line, ledger) = line(.mbus(address), settings: SerialSettings(baud: 2400))
        let ran = line.run(until: .seconds(70)) { request, now in
            let time = now + .milliseconds(60)
            if request[0] == 0x68 { return [.init(time: time, wire: [0xE5], frame: [0xE5])] }
            guard request[1] == 0x7B else { return [] }
            let frame = telegram(from: 9, records: [0x01, 0x13, 0x05])
            return [.init(time: time, wire: frame, frame: frame)]
        }
        #expect(ran)
        let select: [UInt8] = [
            0x68, 0x0B, 0x0B, 0x68, 0x53, 0xFD, 0x52, 0x78, 0x56, 0x34, 0x12, 0xFF, 0xFF, 0xFF, 0xFF, 0xB2, 0x16,
        ]
        let once = [[0x10, 0x40, 0xFD, 0x3D, 0x16], select, [0x10, 0x7B, 0xFD, 0x78, 0x16]]
        #expect(line.sent.map(\.bytes) == once + once)
        #expect(ledger.current.devices[0].replies == 2)
    }

    @Test func `SDI-12: the values of all data commands become one content, after the service request`() {
        let (line, ledger) = line(
            .sdi12(address: 0x30, command: "M"), settings: SerialSettings(baud: 1200), every: .seconds(30))
        let ran = line.run(until: .seconds(25)) { request, now in
            let time = now + .milliseconds(20)
            func says(_ text: String, at time: Duration) -> VirtualLine.Arrival {
                .init(time: time, wire: Array(text.utf8), frame: nil)
            }
            switch text(request) {
            case "0M!": return [says("0M!00", at: time), says("105\r\n", at: time), says("0\r\n", at: .seconds(4))]
            case "0D0!": return [says("0+3.14-2", at: time), says(".5\r\n", at: time)]
            case "0D1!": return [says("0+1+2+0.003\r\n", at: time)]
            default: return []
            }
        }
        #expect(ran)
        #expect(line.sent.map { text($0.bytes) } == ["0M!", "0D0!", "0D1!"])
        #expect(line.sent[1].time >= .seconds(4) && line.sent[1].time < .seconds(5))
        #expect(line.delivered.map { text($0.content) } == ["0+3.14-2.5+1+2+0.003"])
        #expect(ledger.current.devices[0].replies == 1)
    }

    @Test func `SDI-12: while one measures concurrently others are asked, and a damaged checksum is asked for again`() {
        let ledger = PollLedger(devices: 2)
        let devices = ["a", "b"].map { address in
            PolledDevice(
                name: address,
                requests: [PollRequest(.sdi12(address: address.utf8.first!, command: "CC"), every: .seconds(60))])
        }
        let bus = BusLine(settings: SerialSettings(baud: 1200))
        let line = VirtualLine(BusMaster(devices: devices, line: bus, ledger: ledger))
        var isDamaged = true
        let ran = line.run(until: .seconds(50)) { request, now in
            let address = text([request[0]])
            let wire: String
            switch text(request).dropFirst() {
            case "CC!": wire = "\(address)01002\r\n"
            case "D0!":
                wire = address == "a" && isDamaged ? "a+1.5+2.5xyz\r\n" : "\(address)+1.5+2.5\(crc(of: address))\r\n"
                if address == "a" { isDamaged = false }
            default: return []
            }
            return [.init(time: now + .milliseconds(20), wire: Array(wire.utf8), frame: nil)]
        }
        #expect(ran)
        #expect(line.sent.map { text($0.bytes) } == ["aCC!", "bCC!", "aD0!", "aD0!", "bD0!"])
        #expect(line.delivered.map { text($0.content) } == ["a+1.5+2.5", "b+1.5+2.5"])
        #expect(line.delivered.allSatisfy { $0.time > .seconds(10) && $0.time < .seconds(13) })
    }

    /// The three characters for `a+1.5+2.5` and `b+1.5+2.5`, worked out by another program, which gives `OqZ` for the
    /// `0+3.14` of the specification.
    private func crc(of address: String) -> String { address == "a" ? "Bpy" : "Mpm" }

    @Test func `IEC 62056-21: mode C takes the offered speed, and the line is back at the first one afterwards`() {
        let settings = SerialSettings(baud: 300, dataBits: 7, parity: .even)
        let (line, ledger) = line(.iec62056(.c, address: ""), settings: settings)
        let readout = Array("1-0:1.8.0(000123.4*kWh)\r\n!\r\n".utf8)
        let ran = line.run(until: .seconds(100)) { request, now in
            switch text(request) {
            case "/?!\r\n":
                let echo = VirtualLine.Arrival(time: now + .milliseconds(160), wire: request, frame: nil)
                let identification = Array("/LGZ5ZMD120\r\n".utf8)
                return [echo, .init(time: now + .milliseconds(900), wire: identification, frame: nil)]
            case "\u{6}050\r\n":
                // In pieces, as it comes, and longer than any timeout.
                let pieces = (1...8).map {
                    VirtualLine.Arrival(time: now + .milliseconds(1000 * $0), wire: [0x31], frame: nil)
                }
                return pieces + [.init(time: now + .milliseconds(8500), wire: readout, frame: readout)]
            default: return []
            }
        }
        #expect(ran)
        #expect(line.sent.map { text($0.bytes) }.prefix(2) == ["/?!\r\n", "\u{6}050\r\n"])
        #expect(line.bauds.prefix(2) == [9600, 300])
        #expect(line.delivered.first?.content == readout)
        #expect(ledger.current.devices[0].replies == 2)
    }

    @Test func `IEC 62056-21: mode B changes the speed without being asked, and mode A not at all`() {
        let settings = SerialSettings(baud: 300, dataBits: 7, parity: .even)
        let readout = Array("readout".utf8)
        let (b, _) = line(.iec62056(.b, address: "0042"), settings: settings)
        #expect(
            b.run(until: .seconds(20)) { request, now in
                let identification = Array("/ABCDmeter\r\n".utf8)
                return [
                    .init(time: now + .milliseconds(900), wire: identification, frame: nil),
                    .init(time: now + .milliseconds(1900), wire: readout, frame: readout),
                ]
            })
        #expect(text(b.sent[0].bytes) == "/?0042!\r\n")
        #expect(b.bauds == [4800, 300])
        #expect(b.delivered.count == 1)
        let (a, _) = line(.iec62056(.a, address: ""), settings: settings)
        #expect(
            a.run(until: .seconds(20)) { request, now in
                [.init(time: now + .milliseconds(1900), wire: readout, frame: readout)]
            })
        #expect(a.bauds.isEmpty)
        #expect(a.delivered.count == 1)
    }

    @Test func `IEC 62056-21: a meter that does not identify itself leaves the line at its first speed`() {
        let settings = SerialSettings(baud: 300, dataBits: 7, parity: .even)
        let (line, ledger) = line(.iec62056(.c, address: ""), settings: settings)
        #expect(line.run(until: .seconds(20)) { _, _ in [] })
        #expect(line.bauds.isEmpty)
        #expect(ledger.current.devices[0].timeouts == 2)
    }
}
