/// What a checksum is computed of, how, and where it stands. Offsets below zero count from the end.
public struct ChecksumRule: Hashable, Sendable {
    /// How it is computed.
    public var kind: Kind
    /// First byte that counts.
    public var from: Int
    /// The byte behind the last; nil for the checksum's own place.
    public var to: Int?
    /// Where it stands; nil for the end of the frame.
    public var at: Int?
    /// How it is written.
    public var encoding: Encoding
    /// Whether it is computed of the bytes as they came between the marks, escapes and hexadecimal digits not
    /// resolved; its place then counts there too.
    public var isOfRawBytes: Bool
    /// Bytes that a sender never puts into a checksum: it adds 1 to them.
    public var avoided: [UInt8]
    /// What a sum or exclusive or begins with; 0 for a CRC, which has its own.
    public var initial: UInt32 = 0
    /// What its result is changed by, by exclusive or; 0 for a CRC, which has its own.
    public var finalXor: UInt32 = 0
    /// Which bits of it count; those of bytes, not of digits.
    public var mask = UInt32.max

    /// The catalogue.
    public enum Kind: Hashable, Sendable {
        case sum8, sum8Not, sum8Negative
        /// The byte that makes the sum of all this.
        case sum8To(UInt8)
        case sum16, sum16Negative
        case xor8
        case fletcher8
        /// (sum & 3F) + 20.
        case sum6
        /// 7-bit inverse sum.
        case sum7Not
        case crc(CRC)
    }

    /// How a checksum is written.
    public enum Encoding: String, CaseIterable, Hashable, Sendable {
        case be, le
        /// ASCII digits, of either case, the highest first.
        case hex
        /// ASCII digits, the lowest byte first.
        case hexLE = "hex-le"
        /// Three characters of six bits each, with 0x40 added.
        case sdi12 = "sdi-12"
    }

    /// A rule.
    public init(
        _ kind: Kind, from: Int = 0, to: Int? = nil, at: Int? = nil, encoding: Encoding = .be,
        isOfRawBytes: Bool = false, avoided: [UInt8] = []
    ) {
        self.kind = kind
        self.from = from
        self.to = to
        self.at = at
        self.encoding = encoding
        self.isOfRawBytes = isOfRawBytes
        self.avoided = avoided
    }
}

/// A cyclic redundancy check in the parameters of the Rocksoft model.
public struct CRC: Hashable, Sendable {
    /// Bits: 8 to 32.
    public var width: Int
    /// The polynomial, the highest bit left out.
    public var polynomial: UInt32
    /// What the register begins with.
    public var initial: UInt32
    /// Whether bytes go in with their lowest bit first.
    public var reflectsInput: Bool
    /// Whether the register comes out with its bits turned round.
    public var reflectsOutput: Bool
    /// What the result is changed by, by exclusive or.
    public var finalXor: UInt32

    /// A CRC.
    public init(
        width: Int, polynomial: UInt32, initial: UInt32 = 0, reflectsInput: Bool = false, reflectsOutput: Bool = false,
        finalXor: UInt32 = 0
    ) {
        self.width = width
        self.polynomial = polynomial
        self.initial = initial
        self.reflectsInput = reflectsInput
        self.reflectsOutput = reflectsOutput
        self.finalXor = finalXor
    }
}
