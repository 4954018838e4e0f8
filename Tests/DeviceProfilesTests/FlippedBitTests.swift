import Records
import SerialIO
import Testing

@testable import DeviceProfiles

/// Every bit of every sample whose frames have a checksum, turned round one at a time.
@Suite struct FlippedBitTests {
    @Test(arguments: DevicesFolder.names)
    func `a frame with a flipped bit that its checksum covers is rejected`(name: String) throws {
        for line in SampleLine.all(in: try DevicesFolder.library.profile(name)) { expectRejected(line) }
    }

    @Test func `a frame of the examples of the page with a flipped bit is rejected`() throws {
        let lines = try DevicesFolder.examples().flatMap { SampleLine.all(in: $0) }
        #expect(!lines.isEmpty)
        for line in lines { expectRejected(line) }
    }

    @Test func `every kind of frame that has a checksum has samples with one`() throws {
        var kinds: Set<String> = []
        for name in DevicesFolder.names {
            for line in SampleLine.all(in: try DevicesFolder.library.profile(name)) { kinds.insert(line.kind) }
        }
        let telegrams = FramingRule.Telegram.allCases.map(\.rawValue)
        #expect(
            kinds
                == Set(
                    telegrams + ["line", "fixed", "length", "stuffed", "ascii-hex", "modbus-rtu", "modbus-ascii"]))
    }

    private func expectRejected(_ line: SampleLine) {
        var survivors: [String] = []
        for place in line.bytes.indices {
            for bit in 0..<8 {
                let found = line.parts(withFlipped: bit, of: place)
                var lost = line.parts
                let isNew = found.contains { part in
                    guard let index = lost.firstIndex(of: part) else { return true }
                    lost.remove(at: index)
                    return false
                }
                if !isNew, !lost.isEmpty { continue }
                switch line.spareBit(bit, of: place) {
                case .uncovered: continue
                case .harmless where line.readings(withFlipped: bit, of: place).isSubset(of: line.readings): continue
                case .harmless, nil: break
                }
                survivors.append("bit \(bit) of byte \(place)")
            }
        }
        #expect(survivors.isEmpty, "\(line)")
    }
}

/// Why a bit may be another one and a frame comes out.
private enum SpareBit {
    /// What comes out says the same, or less.
    case harmless(String)
    /// Nothing in the frame shows it.
    case uncovered(String)
}

/// A sample whose frames have a checksum, and what comes out of it.
private struct SampleLine: CustomStringConvertible {
    let description: String
    let bytes: [UInt8]
    /// What comes out of it as it is; see ``parts(of:)``.
    private(set) var parts: [[UInt8]] = []
    private(set) var readings: Set<Reading> = []
    /// Where its frames stand, up to the byte with which they were whole.
    private var places: [Range<Int>] = []
    private let decoder: ProfileDecoder
    private let request: [UInt8]?

    private var rule: FramingRule { decoder.profile.framing }

    /// All of a profile.
    static func all(in profile: Profile) -> [SampleLine] {
        profile.samples.enumerated().compactMap { number, sample in
            guard !sample.isRejected, let chosen = sample.variant.map(profile.variant) ?? profile else { return nil }
            return SampleLine(sample, chosen, "\(chosen.name), sample \(number + 1)")
        }
    }

    /// Nil where a frame of the sample has no checksum.
    private init?(_ sample: Sample, _ profile: Profile, _ description: String) {
        self.description = description
        bytes = sample.bytes
        request = sample.request
        decoder = ProfileDecoder(profile)
        var cutter = newCutter()
        // Byte by byte, so that it is seen where a frame ends.
        var start = 0
        for (index, byte) in bytes.enumerated() {
            cutter.append([byte])
            steps: while true {
                switch cutter.next() {
                case .needMoreBytes: break steps
                case .skipped(let count, _): start += count
                case .frame(let content):
                    places.append(start..<index + 1)
                    guard isProtected(content, in: bytes[start...index]) else { return nil }
                    start = index + 1
                }
            }
        }
        parts = parts(of: bytes)
        readings = readings(in: bytes)
        guard !places.isEmpty else { return nil }
    }

    /// What the profile says of its framing.
    var kind: String { rule.kind.word }

    func parts(withFlipped bit: Int, of place: Int) -> [[UInt8]] { parts(of: bytes(withFlipped: bit, of: place)) }

    func readings(withFlipped bit: Int, of place: Int) -> Set<Reading> {
        readings(in: bytes(withFlipped: bit, of: place))
    }

    /// Why a bit may be turned round and a frame comes out; nil where that must be rejected.
    func spareBit(_ bit: Int, of place: Int) -> SpareBit? {
        guard let frame = places.first(where: { $0.contains(place) }) else { return .harmless("it is in no frame") }
        let isLetter = (0x41...0x46).contains(bytes[place] & 0xDF)
        if bit == 5, isLetter, isDigit(place, in: frame) { return .harmless("digits may be of either case") }
        if rule.checksum?.kind == .sum6, bit > 5 { return .uncovered("the sum has six bits of each character") }
        if let mask = rule.checksum?.mask, mask != .max { return .uncovered("of the checksum only some bits count") }
        switch rule.kind {
        case .line where bytes[place] ^ 1 << UInt8(bit) == 0x0A || bytes[place] ^ 1 << UInt8(bit) == 0x0D:
            return .harmless("the line ends there, and neither part is the message")
        case .line, .fixed, .length:
            return isCovered(place - frame.lowerBound, frame.count) ? nil : .uncovered("the checksum begins behind it")
        case .telegram(.dlmsHDLC) where place == frame.lowerBound: return .harmless("the flag may be the last frame's")
        case .telegram(.nmea) where bytes[place] ^ 1 << UInt8(bit) == 0x0A:
            return .harmless("the line ends before the checksum, which need not be there")
        case .telegram(.mbus) where bytes[place] ^ 1 << UInt8(bit) == 0xE5:
            return .harmless("an acknowledge character is a frame, and has no checksum")
        case .telegram(.sdi12) where bytes[place] ^ 1 << UInt8(bit) == UInt8(ascii: "!"):
            return .harmless("that ends a command, and what follows is too short to be an answer")
        case .telegram(.iec62056) where place <= bytes.firstIndex(of: 0x02) ?? 0:
            return .uncovered("the checksum counts from behind the STX; before it stands the identification")
        case .telegram(.teleinfo) where bit == 6:
            return .uncovered("the sum has six bits of each character; the line's parity sees the seventh")
        default: return nil
        }
    }

    /// Whether a byte is a hexadecimal digit to the framing, and its checksum does not say which case it has.
    private func isDigit(_ place: Int, in frame: Range<Int>) -> Bool {
        switch rule.kind {
        case .asciiHex, .modbusASCII: true
        case .telegram(.nmea), .telegram(.dsmrP1), .telegram(.pylontech):
            // The checksum at the end.
            place >= frame.upperBound - 5
        default:
            rule.checksum?.encoding == .hex && place >= frame.upperBound - 4
        }
    }

    /// Whether the checksum counts a byte of a frame that is as it came on the line, or stands there.
    private func isCovered(_ place: Int, _ size: Int) -> Bool {
        guard let checksum = rule.checksum else { return false }
        var count = size
        if case .line(_, let end) = rule.kind { count -= end == .crlf ? 2 : 1 }
        func offset(_ offset: Int) -> Int { offset < 0 ? count + offset : offset }
        let checksumSize = Checksum(checksum).size
        let at = offset(checksum.at ?? -checksumSize)
        let covered = offset(checksum.from)..<(checksum.to.map(offset) ?? at)
        return covered.contains(place) || (at..<at + checksumSize).contains(place)
    }

    /// Whether a frame has a checksum.
    private func isProtected(_ content: ArraySlice<UInt8>, in line: ArraySlice<UInt8>) -> Bool {
        switch rule.kind {
        case .modbusRTU, .modbusASCII: true
        // Without one they end with a mark, or with the line in which the CRC would stand.
        case .telegram(.dsmrP1): line.last != 0x0D
        case .telegram(.iec62056): line.last != UInt8(ascii: "!")
        case .telegram(.nmea): line.contains(UInt8(ascii: "*"))
        case .telegram(.sdi12): line.dropLast(2).suffix(content.count) != content
        case .telegram(.mbus): content.count > 1
        case .telegram: true
        default: rule.checksum != nil
        }
    }

    private func newCutter() -> FrameCutter {
        var cutter = FrameCutter(rule)
        if let request { cutter.expectReply(to: request) }
        return cutter
    }

    private func bytes(withFlipped bit: Int, of place: Int) -> [UInt8] {
        var bytes = bytes
        bytes[place] ^= 1 << UInt8(bit)
        return bytes
    }

    private func frames(in bytes: [UInt8]) -> [[UInt8]] {
        var cutter = newCutter()
        cutter.append(bytes)
        var frames: [[UInt8]] = []
        while true {
            switch cutter.next() {
            case .needMoreBytes: return frames
            case .skipped: continue
            case .frame(let frame): frames.append(Array(frame))
            }
        }
    }

    /// The frames in these bytes, those of Teleinfo by their groups: each has a checksum of its own.
    private func parts(of bytes: [UInt8]) -> [[UInt8]] {
        let frames = frames(in: bytes)
        guard rule.kind == .telegram(.teleinfo) else { return frames }
        return frames.flatMap { $0.split { $0 == 2 || $0 == 3 || $0 == 0x0A || $0 == 0x0D }.map(Array.init) }
    }

    private func readings(in bytes: [UInt8]) -> Set<Reading> {
        Set(frames(in: bytes).flatMap { decoder.decode($0[...], request: request).readings })
    }
}
