/// How a device cuts what it sends into frames, and what proves a frame whole: what a profile declares.
public struct FramingRule: Hashable, Sendable {
    /// Where a frame begins and ends.
    public var kind: Kind
    /// What proves it whole; nil where nothing does, and for telegrams, whose checksum is built in.
    public var checksum: ChecksumRule?
    /// The longest frame in bytes, as they come on the line; of a line without its end.
    public var sizeMax: Int

    /// A rule; see ``Kind`` for what is in its frames.
    public init(_ kind: Kind, checksum: ChecksumRule? = nil, sizeMax: Int = 4096) {
        self.kind = kind
        self.checksum = checksum
        self.sizeMax = sizeMax
    }

    /// Whether a frame is known by nothing but the request that it answers.
    public var isKnownByRequest: Bool {
        switch kind {
        case .reply: true
        default: false
        }
    }

    /// Where a frame begins and ends. Offsets in fields and checksums count in what is here called its content.
    public enum Kind: Hashable, Sendable {
        /// One line of text. The content is the line without its end. With a `start` the line begins at the last
        /// occurrence of it, and a line without it is noise.
        case line(start: [UInt8], end: LineEnd)
        /// `size` bytes that begin and end so. The content is all of them.
        case fixed(start: BytePattern, size: Int, trailer: BytePattern)
        /// A frame that carries its length. The content is all of it.
        case length(start: BytePattern, length: LengthField, trailer: BytePattern)
        /// Between flags, with escapes. The content is what is between the flags, escapes resolved.
        case stuffed(Stuffing)
        /// Consistent overhead byte stuffing, a frame ends with 00. The content is the decoded bytes.
        case cobs
        /// Hexadecimal digits between two marks, of which the first may be empty, with or without spaces between them.
        /// The content is the decoded bytes; with `nibbleFirst` the first digit is a byte of its own.
        case asciiHex(start: [UInt8], end: [UInt8], nibbleFirst: Bool)
        /// Several lines, from a line that begins with one mark to one that begins with another; a mark that begins
        /// with a control character counts anywhere. The content is all of it, marks included; with `takesEndLine`
        /// also the rest of the line in which the end stands, without the line's end; else the `tail` bytes behind the
        /// end, a checksum.
        case block(start: [UInt8], end: [UInt8], takesEndLine: Bool, tail: Int = 0)
        /// Without marks and length: the answer to a request, of as many bytes as that request is answered with. The
        /// content is all of them. What nobody asked for is noise.
        case reply([ReplySize])
        /// Modbus RTU: the content is unit, function and what follows, without the CRC.
        case modbusRTU
        /// Modbus ASCII: the content is as of RTU, without the LRC.
        case modbusASCII
        /// A telegram that describes itself.
        case telegram(Telegram)
    }

    /// Telegrams whose framing and checksum are built in. Their content is the whole telegram as it came, unless said
    /// otherwise.
    public enum Telegram: String, CaseIterable, Hashable, Sendable {
        /// Smart Message Language, transport version 1; the content has its escapes resolved, from the first message
        /// to the end of the last.
        case sml
        /// M-Bus (EN 13757-2): long, control and short frames and the acknowledge character.
        case mbus
        /// HDLC frames of DLMS/COSEM (IEC 62056-46), by their length field, without stuffing. The content is the
        /// information field, behind LLC header and HCS.
        case dlmsHDLC = "dlms-hdlc"
        /// DSMR P1: from `/` to `!` and the CRC, where there is one. The content ends with the `!`.
        case dsmrP1 = "dsmr-p1"
        /// IEC 62056-21 readout: `/` to `!`, or STX to ETX and BCC. The content is text.
        case iec62056 = "iec62056-21"
        /// Teleinfo (Enedis): STX to ETX; groups whose checksum is wrong are left out of the content.
        case teleinfo
        /// Victron VE.Direct text: one block. Hexadecimal frames that cut in are left out of the content.
        case vedirectText = "vedirect-text"
        /// SDI-12 answers, with or without CRC. The content is the line without CRC and end.
        case sdi12 = "sdi-12"
        /// u-blox UBX.
        case ubx
        /// NMEA 0183 sentences; the content begins behind the `$` or `!` and ends before the `*`.
        case nmea
        /// Resol VBus, protocol version 1: the content is the head, ten bytes, and the data with their septets put
        /// back; the first value is at 10.
        case vbus
        /// EnOcean serial protocol 3.
        case esp3
        /// Pylontech RS-485: hexadecimal digits resolved, from version to checksum; length and checksum verified.
        case pylontech
    }
}

/// Bytes of which some may be any, wholly or in half.
public struct BytePattern: Hashable, Sendable {
    /// What the given bits are; 0 in the others.
    public private(set) var values: [UInt8]
    /// Which bits are given.
    public private(set) var masks: [UInt8]

    /// A pattern of these bytes; nil stands for any.
    public init(_ bytes: [UInt8?] = []) {
        values = bytes.map { $0 ?? 0 }
        masks = bytes.map { $0 == nil ? 0 : 0xFF }
    }

    /// Reads `"FF ?? 8?"`; nil where a digit is none or half a byte is left.
    public init?(hexadecimal text: String) {
        let digits = text.utf8.filter { $0 != 0x20 }
        guard digits.count.isMultiple(of: 2) else { return nil }
        (values, masks) = ([], [])
        for index in stride(from: 0, to: digits.count, by: 2) {
            var (value, mask) = (UInt8(0), UInt8(0))
            for digit in digits[index..<index + 2] {
                value <<= 4
                mask <<= 4
                if digit == 0x3F { continue }
                guard let number = Character(Unicode.Scalar(digit)).hexDigitValue else { return nil }
                value |= UInt8(number)
                mask |= 0x0F
            }
            values.append(value)
            masks.append(mask)
        }
    }

    /// Number of bytes.
    public var count: Int { values.count }
    /// Whether it says nothing.
    public var isEmpty: Bool { values.isEmpty }
    /// The bytes; nil where not all of a byte is given.
    public var bytes: [UInt8?] { zip(values, masks).map { $0.1 == 0xFF ? $0.0 : nil } }

    /// Whether a byte may stand at a place of the pattern.
    @inline(__always) public func allows(_ byte: UInt8, at index: Int) -> Bool {
        (byte ^ values[index]) & masks[index] == 0
    }

    /// Whether these bytes begin so.
    public func begins(_ bytes: [UInt8]) -> Bool {
        bytes.count >= count && values.indices.allSatisfy { allows(bytes[$0], at: $0) }
    }
}

/// How many bytes answer a request.
public struct ReplySize: Hashable, Sendable {
    /// The request, or how it begins.
    public var request: BytePattern
    /// Bytes of the answer.
    public var size: Int

    /// A size.
    public init(request: BytePattern, size: Int) {
        self.request = request
        self.size = size
    }
}

/// Where a frame says how long it is: size of the whole frame = value × times + add, or what a table says.
public struct LengthField: Hashable, Sendable {
    /// Offset from the frame's first byte.
    public var at: Int
    /// 1 to 4.
    public var width: Int
    /// Whether the lowest byte comes first.
    public var isLittleEndian: Bool
    /// Factor of the value.
    public var times: Int
    /// Constant of the sum.
    public var add: Int
    /// Which bits of it are the value; nil for all.
    public var bits: ClosedRange<Int>?
    /// The size of the whole frame by the value, instead of a sum; empty for the sum.
    public var sizes: [Int: Int] = [:]
    /// Sizes of the whole frame that are possible. FF FF must not make a reader wait for 64 KiB.
    public var allowed: Allowed

    /// Possible sizes.
    public enum Allowed: Hashable, Sendable {
        case sizes(Set<Int>)
        case range(ClosedRange<Int>)
    }

    /// A length field.
    public init(at: Int, width: Int, isLittleEndian: Bool, times: Int = 1, add: Int, allowed: Allowed) {
        self.at = at
        self.width = width
        self.isLittleEndian = isLittleEndian
        self.times = times
        self.add = add
        self.allowed = allowed
    }
}

/// Flags and escapes around a frame.
public struct Stuffing: Hashable, Sendable {
    /// What begins a frame: one byte, or the escape and another (DLE STX).
    public var start: [UInt8]
    /// What ends it: one byte, the same where one flag does both, or the escape and another (DLE ETX).
    public var end: [UInt8]
    /// What announces a changed byte.
    public var escape: UInt8
    /// How the changed byte is restored.
    public var restoration: Restoration

    /// How a byte behind the escape is restored.
    public enum Restoration: Hashable, Sendable {
        case exclusiveOr(UInt8)
        /// By table; a byte that is not in it makes the frame malformed.
        case pairs([UInt8: UInt8])
    }

    /// Flags and escapes.
    public init(start: [UInt8], end: [UInt8], escape: UInt8, restoration: Restoration) {
        self.start = start
        self.end = end
        self.escape = escape
        self.restoration = restoration
    }

    /// Sensirion SHDLC.
    public static let shdlc = Stuffing(start: [0x7E], end: [0x7E], escape: 0x7D, restoration: .exclusiveOr(0x20))
    /// PPP in HDLC-like framing (RFC 1662).
    public static let ppp = shdlc
    /// SLIP (RFC 1055).
    public static let slip = Stuffing(
        start: [0xC0], end: [0xC0], escape: 0xDB, restoration: .pairs([0xDC: 0xC0, 0xDD: 0xDB]))
    /// DLE STX to DLE ETX, a DLE in between doubled (ISO 1745 with the transparency of IBM's BSC).
    public static let dle = Stuffing(
        start: [0x10, 0x02], end: [0x10, 0x03], escape: 0x10, restoration: .pairs([0x10: 0x10]))
}
