import SerialIO
import Testing

/// What the framings of telegrams promise beyond the frames at hand, on frames built here.
@Suite struct TelegramRuleTests {
    private func told(_ telegram: FramingRule.Telegram, _ bytes: [UInt8]) -> [Told] {
        cut(bytes, by: FramingRule(.telegram(telegram)))
    }

    private func frames(_ telegram: FramingRule.Telegram, _ text: String) -> [String] {
        told(telegram, Array(text.utf8)).compactMap(\.frame).map { String(decoding: $0, as: UTF8.self) }
    }

    private func sml(_ content: [UInt8], filled: UInt8 = 0, crc name: String = "crc16/x25") throws -> [UInt8] {
        let crc = try #require(CRC(named: name))
        let escape = [UInt8](repeating: 0x1B, count: 4)
        let zeros = [UInt8](repeating: 0, count: Int(filled))
        let covered = escape + [1, 1, 1, 1] + content + zeros + escape + [0x1A, filled]
        return covered + Checksum(ChecksumRule(.crc(crc), encoding: .le)).bytes(of: covered)
    }

    @Test func `SML takes both CRCs, leaves out what fills up, and resolves escapes`() throws {
        #expect(try told(.sml, sml([0x76, 1, 2, 0])) == [.frame([0x76, 1, 2, 0])])
        #expect(try told(.sml, sml([0x76, 1, 2, 0], crc: "crc16/kermit")) == [.frame([0x76, 1, 2, 0])])
        #expect(try told(.sml, sml([0x76, 1, 2, 0], crc: "crc16/modbus")).compactMap(\.frame).isEmpty)
        #expect(try told(.sml, sml([0x76, 0], filled: 2)) == [.frame([0x76, 0])])
        let escape = [UInt8](repeating: 0x1B, count: 4)
        let doubled = try sml([0x76] + escape + escape + [0x1B, 9] + escape + escape + [0])
        expectTold([.frame([0x76] + escape + [0x1B, 9] + escape + [0])], of: doubled, by: FramingRule(.telegram(.sml)))
        #expect(try told(.sml, sml([0x76, 0x1B])) == [.frame([0x76, 0x1B])])
        #expect(try told(.sml, sml([0x76], filled: 4)).compactMap(\.frame).isEmpty)
    }

    @Test func `M-Bus gives acknowledgements, short frames and long ones`() {
        #expect(told(.mbus, [0xE5]) == [.frame([0xE5])])
        #expect(told(.mbus, [0x10, 0x5B, 1, 0x5C, 0x16]) == [.frame([0x10, 0x5B, 1, 0x5C, 0x16])])
        let control: [UInt8] = [0x68, 3, 3, 0x68, 0x53, 1, 0xBD, 0x11, 0x16]
        #expect(
            told(.mbus, [0x68, 2, 2, 0x68] + control) == [
                .skipped(1, .length), .noise(2), .skipped(1, .length), .frame(control),
            ])
    }

    @Test func `a DSMR telegram of a version with CRC is not taken without one`() {
        #expect(frames(.dsmrP1, "/X\r\n1-0:1.8.1(1*kWh)\r\n!\r\n") == ["/X\r\n1-0:1.8.1(1*kWh)\r\n!"])
        #expect(frames(.dsmrP1, "/X\r\n1-3:0.2.8(50)\r\n1-0:1.8.1(1*kWh)\r\n!\r\n").isEmpty)
        #expect(frames(.dsmrP1, "/X\r\n1-0:1.8.1(1*kWh)\r\n!0000\r\n").isEmpty)
        #expect(frames(.dsmrP1, "/X\r\n1-0:1.8.1(1*kWh)\r\n!12G4\r\n").isEmpty)
    }

    @Test func `a readout with a slash in a unit is one readout, with a second identification it is not`() {
        #expect(frames(.iec62056, "/LUG\r\n6.27(0012*m3/h)\r\n!\r\n") == ["/LUG\r\n6.27(0012*m3/h)\r\n!"])
        #expect(frames(.iec62056, "/LUG\r\n6.27(00/LGZ5\r\n6.8(1)\r\n!\r\n") == ["/LGZ5\r\n6.8(1)\r\n!"])
        #expect(frames(.iec62056, "/LGZ5\r\n\u{2}6.8(1)!\r\n\u{3}W") == [])
        let block = Array("6.8(1)!\r\n\u{3}".utf8)
        let whole = Array("/LGZ5\r\n\u{2}".utf8) + block + [block.reduce(0, ^)]
        #expect(told(.iec62056, whole) == [.frame("/LGZ5\r\n\u{2}6.8(1)!\r\n")])
    }

    @Test func `Teleinfo leaves out a bad group, and a frame that the meter broke off`() {
        #expect(frames(.teleinfo, "\u{2}\nPAPP 00549 3\r\nIINST1 009 I\r\u{3}") == ["\u{2}\nPAPP 00549 3\r\u{3}"])
        #expect(told(.teleinfo, Array("\u{2}\nPAPP 00540 3\r\u{3}".utf8)) == [.skipped(16, .checksum)])
        #expect(frames(.teleinfo, "\u{2}\nPAPP 00549 3\r\u{4}\u{2}\nPAPP 00549 3\r\u{3}").count == 1)
        #expect(frames(.teleinfo, "\u{2}\nPAPP 00549 3\r\n\u{2}\nPAPP 00549 3\r\u{3}").count == 1)
    }

    @Test func `a VE.Direct block may end with a line feed or a colon, and hex frames may stand before it`() {
        for check: UInt8 in [0x0A, 0x3A, 0x0D, 0x00, 0xFF] {
            // The filling makes the sum of all but the checksum what is wanted.
            let frame = veDirect(check)
            let bytes = Array(":A0002000148\n".utf8) + frame + Array(":A0002000148\n".utf8) + frame
            for size in pieceSizes {
                let frames = cut(bytes, by: FramingRule(.telegram(.vedirectText)), pieceSize: size).compactMap(\.frame)
                #expect(frames == [frame, frame], "ends with \(check), in pieces of \(size)")
            }
        }
    }

    private func veDirect(_ check: UInt8) -> [UInt8] {
        let start = Array("\r\nPID\t0x203\r\nX\t".utf8)
        let end = Array("\r\nChecksum\t".utf8) + [check]
        let missing = 0 &- (start + end).reduce(0, &+)
        // Three letters make any sum of eight bits.
        let sum = Int(missing) < 0x60 ? Int(missing) + 256 : Int(missing)
        // But for the colon, which begins a hexadecimal frame.
        let third = sum / 3 == 0x3A ? 0x39 : sum / 3
        let letters = [third, third, sum - third * 2].map { UInt8($0) }
        return start + letters + end
    }

    @Test func `HDLC frames share flags, stuff nothing, and are put together from segments`() {
        let first = hdlc([0xE6, 0xE7, 0, 0x0F, 0x7E, 0x7D])
        let second = hdlc([0xE6, 0xE7, 0, 0x0F, 2])
        let content: [Told] = [.frame([0x0F, 0x7E, 0x7D]), .frame([0x0F, 2])]
        let rule = FramingRule(.telegram(.dlmsHDLC))
        expectTold(content, of: first + second, by: rule)
        expectTold(content, of: first + second.dropFirst(), by: rule)
        let segments = hdlc([0xE6, 0xE7, 0, 0x0F, 1], isSegmented: true) + hdlc([3, 4], isSegmented: true) + hdlc([5])
        expectTold([.frame([0x0F, 1, 3, 4, 5])], of: segments, by: rule)
        // UA: without information it is nothing.
        let empty = hdlc([])
        expectTold([.frame([0x0F, 2])], of: empty + second, by: rule)
    }

    private func hdlc(_ information: [UInt8], isSegmented: Bool = false) -> [UInt8] {
        let crc = Checksum(ChecksumRule(.crc(CRC(named: "crc16/x25")!), encoding: .le))
        let count = 2 + 3 + (information.isEmpty ? 0 : information.count + 2) + 2
        var frame: [UInt8] = [isSegmented ? 0xA8 : 0xA0, UInt8(count), 0x03, 0x21, 0x13]
        if !information.isEmpty { frame += crc.bytes(of: frame) + information }
        return [0x7E] + frame + crc.bytes(of: frame) + [0x7E]
    }

    @Test(arguments: [
        ("0+3.14-2.7\r\n", "0+3.14-2.7"), ("0D0!0+3.14OqZ\r\n", "0+3.14"), ("\0\u{0}0+3.14\r\n", "0+3.14"),
        ("00102\r\n", "00102"), ("0\r\n", "0"), ("014DECAGON TER21  400\r\n", "014DECAGON TER21  400"),
    ])
    func `SDI-12 answers are taken with and without CRC`(line: String, content: String) {
        #expect(frames(.sdi12, line) == [content])
    }

    @Test(arguments: [
        "0+3.15OqZ\r\n", "0+3.14OqZ\n", "0+3.1XqZ1\r\n", "0,3.14OqZ\r\n", "+3.14\r\n", "0AP!\r\n", "0AQ@\r\n",
        "0xyz12\r\n",
    ])
    func `what is no answer of SDI-12 is rejected`(line: String) {
        #expect(frames(.sdi12, line).isEmpty)
    }

    @Test func `VBus datagrams of another version are no error, a byte with its highest bit set is one`() {
        #expect(told(.vbus, [0xAA, 0, 0, 0x11, 0x7E, 0x20, 0, 2, 0, 0]) == [.noise(10)])
        #expect(told(.vbus, [0xAA, 0x10, 0x91]).contains { $0.isError })
        #expect(told(.vbus, [0xAA, 0xAA]) == [.noise(1)])
    }

    @Test func `ESP3 does not wait for a length that a damaged head says`() {
        #expect(told(.esp3, [0x55, 0xFF, 0xFF, 0xFF, 1, 0]).contains(.skipped(1, .checksum)))
        let head: [UInt8] = [0xFF, 0xFF, 0xFF, 1]
        let crc = Checksum(ChecksumRule(.crc(CRC(named: "crc8/smbus")!))).bytes(of: head)
        #expect(told(.esp3, [0x55] + head + crc).contains(.skipped(1, .tooLong(max: 4096))))
    }

    @Test func `a Pylontech frame whose length is not what it says is refused although its sum fits`() {
        func frame(_ body: String) -> [UInt8] {
            let sum = Checksum(ChecksumRule(.sum16Negative, encoding: .hex)).bytes(of: Array(body.utf8))
            return Array("~\(body)".utf8) + sum + [0x0D]
        }
        #expect(told(.pylontech, frame("200246420000")).compactMap(\.frame).count == 1)
        #expect(told(.pylontech, frame("20024642E00202")).compactMap(\.frame).count == 1)
        #expect(told(.pylontech, frame("20024642E0020203")).first == .skipped(1, .length))
        #expect(told(.pylontech, frame("20024642D00202")).first == .skipped(1, .length))
    }
}
