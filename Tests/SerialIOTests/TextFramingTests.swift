import SerialIO
import Testing

/// Blocks of several lines, and NMEA sentences.
@Suite struct TextFramingTests {
    private func block(takesEndLine: Bool = false, checksum: ChecksumRule? = nil, sizeMax: Int = 64) -> FramingRule {
        FramingRule(
            .block(start: Array("Power ".utf8), end: Array("pylon>".utf8), takesEndLine: takesEndLine),
            checksum: checksum, sizeMax: sizeMax)
    }

    @Test func `a block is from a line that begins so to one that begins so`() {
        expectTold(
            [
                .noise(7), .frame("Power 1\r\na pylon>\r\nPower 2\r\npylon>"), .noise(5), .frame("Power 3\npylon>"),
                .noise(14),
            ],
            of: Array(
                "a Power\r\nPower 1\r\na pylon>\r\nPower 2\r\npylon>  log\r\n\nPower 3\npylon>\n\nPowder\nxPower 4\n"
                    .utf8),
            by: block())
    }

    @Test func `a block may take the rest of its last line`() {
        expectTold(
            [.frame("Power 1\npylon>!AB"), .frame("Power 2\npylon>")],
            of: Array("Power 1\npylon>!AB\r\nPower 2\npylon>\rPower 3\npylon>".utf8), by: block(takesEndLine: true))
    }

    @Test func `a block that fails its check is dropped by its first line, and one without an end by the limit`() {
        let rule = block(checksum: ChecksumRule(.sum8, from: 0, to: 7, at: 6), sizeMax: 40)
        expectTold(
            [.skipped(8, .checksum), .noise(6)], of: Array("Power 1\npylon>\n".utf8), by: rule)
        let long = Array("Power 1\n".utf8) + [UInt8](repeating: 0x61, count: 60) + Array("\nPower 2\npylon>".utf8)
        expectTold(
            [.skipped(1, .tooLong(max: 40)), .noise(66), .frame("Power 2\npylon>")], of: long, by: block(sizeMax: 40))
    }

    @Test func `noise longer than a block may be does not make its middle the beginning of a line`() {
        var cutter = FrameCutter(block(sizeMax: 32))
        let noise = [UInt8](repeating: 0x78, count: 32)
        var steps: [FrameStep] = []
        // The limit of noise falls just before the mark, which stands within a line.
        for piece in [noise, Array("Power 1\npylon>\nPower 2\npylon>".utf8)] {
            cutter.append(piece)
            while case let step = cutter.next(), step != .needMoreBytes { steps.append(step) }
        }
        let frames = steps.compactMap {
            if case .frame(let frame) = $0 { String(decoding: frame, as: UTF8.self) } else { nil }
        }
        #expect(frames == ["Power 2\npylon>"])
    }

    @Test func `control characters are marks wherever they stand`() {
        let rule = FramingRule(.block(start: [0x02], end: [0x03], takesEndLine: false))
        expectTold(
            [.noise(1), .frame("\u{2}a\nb\u{3}"), .noise(1), .frame("\u{2}\u{3}")],
            of: Array("x\u{2}a\nb\u{3}\r\ny\u{2}\u{3}\r".utf8), by: rule)
    }

    @Test func `bytes behind the end belong to a block, whatever they are`() {
        let rule = FramingRule(
            .block(start: [0x02], end: [0x03], takesEndLine: false, tail: 1), checksum: ChecksumRule(.xor8, from: 1))
        // The check characters are a letter, an ETX and a line feed.
        let frames: [[UInt8]] = [[0x02, 0x41, 0x03, 0x42], [0x02, 0x03, 0x03], [0x02, 0x09, 0x03, 0x0A]]
        for frame in frames {
            expectTold([.frame(String(decoding: frame, as: UTF8.self))], of: frame, by: rule)
            expectEveryFlippedBitRejected(frame, by: rule)
        }
        expectTold([.frame("\u{2}\u{3}\u{3}"), .frame("\u{2}\t\u{3}\n")], of: frames[1] + frames[2], by: rule)
        expectTold(
            [
                .skipped(2, .unfinished("a block begins before the last one has ended")), .frame("\u{2}A\u{3}B"),
                .skipped(1, .checksum), .noise(2), .frame("\u{2}A\u{3}B"),
            ], of: [0x02, 0x41] + frames[0] + [0x02, 0x42, 0x03] + frames[0], by: rule)
    }

    private let nmea = FramingRule(.telegram(.nmea), sizeMax: 100)

    @Test func `a sentence is what stands between its mark and its checksum`() {
        expectTold(
            [
                .noise(3), .frame("IIMWV,271.0,R,000.2,N,A"), .frame("AIVDM,1,1,,B,177KQJ5000G?tO`K>RA1wUbN0TKH,0"),
                .frame("GPTXT,without"), .noise(4), .skipped(8, .checksum), .noise(7), .frame("GPTXT,hello!"),
            ],
            of: Array(
                """
                abc$IIMWV,271.0,R,000.2,N,A*3B\r
                !AIVDM,1,1,,B,177KQJ5000G?tO`K>RA1wUbN0TKH,0*5C\r
                $GPTXT,without\r\nnone\r\n$GPA,1*0\r\n$GPGGA,$GPTXT,hello!\n\r\n
                """.utf8), by: nmea)
    }

    @Test func `a damaged sentence is dropped, and what its line holds besides is found`() {
        expectTold(
            [
                .skipped(27, .checksum), .noise(10), .frame("AIVDM,1,1,,B,177KQJ5000G?tO`K>RA1wUbN0TKH,0"),
                .skipped(201, .tooLong(max: 100)), .frame("GPX"),
            ],
            of: Array(
                """
                $IIMWV,271.1,R,000.2,N,A*3B\r
                $GPGGA,184!AIVDM,1,1,,B,177KQJ5000G?tO`K>RA1wUbN0TKH,0*5C\n
                """.utf8) + Array("$".utf8) + [UInt8](repeating: 0x61, count: 200) + Array("\r\n$GPX\r\n".utf8),
            by: nmea)
    }

    @Test func `another protocol's bytes are noise, with a mark or without`() {
        let binary: [UInt8] = [0xB5, 0x62, 0x24, 0x01, 0x0A, 0x21, 0xFF, 0x0A, 0x00]
        expectTold([.noise(7), .frame("GPX")], of: binary + Array("$GPX\r\n".utf8), by: nmea)
        expectTold([.noise(5)], of: Array("$gpx\n$\n".utf8), by: nmea)
    }

    @Test func `every flipped bit that a sentence's checksum covers is refused`() {
        let sentence = Array("$IIMWV,271.0,R,000.2,N,A*3B\r\n".utf8)
        // A star that becomes a line feed leaves a sentence without a checksum. Bit 5 of the last digit is its case.
        expectEveryFlippedBitRejected(sentence, by: nmea, except: [24, 26])
        for bit in [0, 1, 2, 3, 4, 6, 7] {
            var damaged = sentence
            damaged[24] ^= 1 << UInt8(bit)
            #expect(cut(damaged, by: nmea).allSatisfy { $0.frame == nil }, "bit \(bit) of the star")
        }
    }
}
