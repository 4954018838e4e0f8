import AgentTestKit
import SerialIO
import Testing

/// A million random bytes with frames inside: nothing traps, every frame is found, and memory has a bound.
@Suite struct FramingFuzzTests {
    /// A rule, and a frame by its number with the content that must come out.
    struct Subject: Sendable, CustomStringConvertible {
        let description: String
        let rule: FramingRule
        var request: [UInt8]?
        let make: @Sendable (Int) -> (line: [UInt8], content: [UInt8])
        /// What ends whatever noise has begun, so that the frame behind it has a chance.
        var before: [UInt8] = []
    }

    static let subjects: [Subject] = [
        Subject(description: "line", rule: .lines(sizeMax: 40), make: { line("t=\($0).5", "\n") }, before: [0x0A]),
        Subject(
            description: "line with start", rule: FramingRule(.line(start: Array("$W".utf8), end: .crlf), sizeMax: 40),
            make: { line("$Wt=\($0)", "\r\n") }),
        Subject(description: "fixed", rule: FramingRules.sds011, make: { whole(sds(UInt16($0 & 0xFFFF))) }),
        Subject(
            description: "length", rule: FramingRules.pms,
            make: { number in
                let content: [UInt8] = [0x42, 0x4D, 0, 0x14] + (0..<18).map { UInt8((number + $0) & 0xFF) }
                return whole(content + Checksum(ChecksumRule(.sum16)).bytes(of: content))
            }),
        Subject(
            description: "stuffed", rule: FramingRule(.stuffed(.ppp), checksum: x25, sizeMax: 300),
            make: { number in
                let content = sealed([0x7E, UInt8(number & 0xFF), 0x7D, 1, 2], x25)
                let stuffed = content.flatMap { $0 == 0x7E || $0 == 0x7D ? [0x7D, $0 ^ 0x20] : [$0] }
                return ([0x7E] + stuffed + [0x7E], content)
            }),
        Subject(
            description: "escaped marks", rule: FramingRule(.stuffed(.dle), checksum: x25, sizeMax: 300),
            make: { number in
                let content = sealed([0x10, UInt8(number & 0xFF), 0x02, 0x10, 3], x25)
                return ([0x10, 0x02] + content.flatMap { $0 == 0x10 ? [0x10, 0x10] : [$0] } + [0x10, 0x03], content)
            }),
        Subject(
            description: "COBS", rule: FramingRule(.cobs, checksum: x25, sizeMax: 300),
            make: { number in
                let content = sealed([UInt8(number & 0x7F) + 1, 0, 5], x25)
                return (cobs(content) + [0], content)
            }, before: [0]),
        Subject(
            description: "hex", rule: FramingRules.vedirectHex,
            make: { number in
                let body: [UInt8] = [7, UInt8(number & 0xFF), UInt8(number >> 8 & 0xFF)]
                let content = body + Checksum(ChecksumRule(.sum8To(0x55))).bytes(of: body)
                let digits = content.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined().dropFirst()
                return (Array(":\(digits)\n".utf8), content)
            }),
        Subject(
            description: "block",
            rule: FramingRule(.block(start: Array("BEGIN".utf8), end: Array("END".utf8), takesEndLine: false)),
            make: { number in whole(Array("BEGIN \(number)\r\nx\r\nEND".utf8)) }, before: [0x0A]),
        Subject(
            description: "block with a tail",
            rule: FramingRule(
                .block(start: [0x02], end: [0x03], takesEndLine: false, tail: 1), checksum: ChecksumRule(.xor8, from: 1)
            ),
            make: { number in
                let body = Array("\u{2}PV \(number)\u{3}".utf8)
                return whole(body + [body.dropFirst().reduce(0, ^)])
            }),
        Subject(
            description: "Modbus RTU", rule: FramingRule(.modbusRTU),
            request: FramingRules.modbusRequest(unit: 1, function: 4, quantity: 2),
            make: { number in
                let content: [UInt8] = [1, 4, 4, UInt8(number >> 8 & 0xFF), UInt8(number & 0xFF), 3, 4]
                return (FramingRules.sealed(content), content)
            }),
        Subject(
            description: "Modbus RTU without a request", rule: FramingRule(.modbusRTU),
            make: { number in
                let content: [UInt8] = [1, 3, 4, UInt8(number >> 8 & 0xFF), UInt8(number & 0xFF), 3, 4]
                return (FramingRules.sealed(content), content)
            }),
        Subject(
            description: "Modbus ASCII", rule: FramingRule(.modbusASCII),
            make: { number in
                let content: [UInt8] = [1, 3, 2, UInt8(number >> 8 & 0xFF), UInt8(number & 0xFF)]
                let whole = content + Checksum(ChecksumRule(.sum8Negative)).bytes(of: content)
                let digits = whole.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
                return (Array(":\(digits)\r\n".utf8), content)
            }),
        Subject(
            description: "UBX", rule: FramingRule(.telegram(.ubx), sizeMax: 200),
            make: { number in
                let body: [UInt8] = [5, 1, 2, 0, UInt8(number >> 8 & 0xFF), UInt8(number & 0xFF)]
                return whole([0xB5, 0x62] + body + Checksum(ChecksumRule(.fletcher8)).bytes(of: body))
            }),
        Subject(
            description: "NMEA", rule: FramingRule(.telegram(.nmea), sizeMax: 82),
            make: { number in
                let content = Array("GPXXX,\(number)".utf8)
                let sum = content.reduce(0, ^)
                let digits = (sum < 16 ? "0" : "") + String(sum, radix: 16)
                return (Array("$".utf8) + content + Array("*\(digits)\r\n".utf8), content)
            }),
    ]

    @Test(arguments: subjects) func `every frame is found among random bytes`(subject: Subject) {
        var random = SeededGenerator(seed: 0x5EED)
        var framer = FrameCutter(subject.rule)
        if let request = subject.request { framer.expectReply(to: request) }
        var expected: [[UInt8]] = []
        var frames: [[UInt8]] = []
        var (taken, skipped) = (0, 0)
        while taken < 1_000_000 {
            let noise = (0..<Int.random(in: 0...400, using: &random)).map { _ in
                UInt8.random(in: 0...255, using: &random)
            }
            let (line, content) = subject.make(expected.count)
            expected.append(content)
            // What begins in the noise may swallow the frame until it proves to be none; then one byte is given back.
            var rest = (noise + subject.before + line)[...]
            taken += rest.count
            while !rest.isEmpty {
                let piece = rest.prefix(Int.random(in: 1...200, using: &random))
                rest = rest.dropFirst(piece.count)
                for told in framer.take(piece) {
                    switch told {
                    case .frame(let frame): frames.append(frame)
                    case .skipped(let count, _): skipped += count
                    }
                }
                #expect(framer.pendingCount <= 8192)
            }
        }
        #expect(skipped > 0)
        #expect(framer.counters.frames == frames.count)
        #expect(framer.counters.skippedBytes == skipped)
        expectAllFound(expected, in: frames)
    }

    private func expectAllFound(_ expected: [[UInt8]], in frames: [[UInt8]]) {
        var missing = 0
        var place = frames.startIndex
        for content in expected {
            if let found = frames[place...].firstIndex(of: content) { place = found + 1 } else { missing += 1 }
        }
        #expect(missing == 0)
    }

    private static let x25 = ChecksumRule(.crc(CRC(named: "crc16/x25")!), encoding: .le)

    private static func line(_ text: String, _ end: String) -> ([UInt8], [UInt8]) {
        (Array((text + end).utf8), Array(text.utf8))
    }

    private static func whole(_ frame: [UInt8]) -> ([UInt8], [UInt8]) { (frame, frame) }

    private static func sealed(_ content: [UInt8], _ rule: ChecksumRule) -> [UInt8] {
        content + Checksum(rule).bytes(of: content)
    }

    private static func sds(_ number: UInt16) -> [UInt8] {
        let body: [UInt8] = [UInt8(number & 0xFF), UInt8(number >> 8), 6, 0, 0x58, 0xD9]
        return [0xAA, 0xC0] + body + Checksum(ChecksumRule(.sum8)).bytes(of: body) + [0xAB]
    }

    /// Stuffs a content of fewer than 254 bytes.
    private static func cobs(_ content: [UInt8]) -> [UInt8] {
        content.split(separator: 0, omittingEmptySubsequences: false).flatMap { [UInt8($0.count + 1)] + $0 }
    }
}
