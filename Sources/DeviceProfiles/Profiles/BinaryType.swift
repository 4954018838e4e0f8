/// What bytes of a frame mean.
public struct BinaryType: Hashable, Sendable {
    /// How a value is put into bytes.
    public enum Coding: Hashable, Sendable {
        case unsigned, signed, signMagnitude
        /// IEEE 754.
        case float
        /// Binary-coded decimal.
        case bcd
        /// ASCII.
        case text
        /// The bytes as hexadecimal digits.
        case hex
        /// ASCII decimal.
        case digits
        /// ASCII hexadecimal.
        case hexDigits
        /// ASCII hexadecimal, two's complement by the number of digits.
        case signedHexDigits
        /// Kamstrup's: number of bytes of the mantissa, sign and exponent, mantissa.
        case kmp
    }

    /// The order of bytes on the wire, for a value whose highest byte is A.
    public enum Order: String, CaseIterable, Hashable, Sendable {
        case big = "ABCD"
        case little = "DCBA"
        /// Big-endian registers of 16 bits, the lowest first.
        case wordsSwapped = "CDAB"
        /// Registers with their bytes swapped, the highest first.
        case bytesSwapped = "BADC"
    }

    /// How a value is put into bytes.
    public var coding: Coding
    /// Bytes; nil where the field says how many.
    public var size: Int?
    /// Their order.
    public var order: Order

    /// A type.
    public init(_ coding: Coding, size: Int? = nil, order: Order = .big) {
        self.coding = coding
        self.size = size
        self.order = order
    }

    /// Whether its raw values are integers, which have bits and names for numbers.
    public var isInteger: Bool {
        switch coding {
        case .unsigned, .signed, .signMagnitude, .bcd, .hexDigits, .signedHexDigits: true
        case .float, .text, .hex, .digits, .kmp: false
        }
    }

    /// Whether its values are texts.
    public var isText: Bool { coding == .text || coding == .hex }

    /// Reads `u16be`, `f32`, `text`; nil where it is none. The order is nil where the name does not say it.
    static func parse(_ name: String) -> (type: BinaryType, order: Order?)? {
        if let coding = words[name] {
            let order: Order? = name.hasSuffix("le") ? .little : name.hasSuffix("be") ? .big : nil
            return (BinaryType(coding, order: order ?? .big), order)
        }
        let letters = name.prefix { $0.isLetter }
        let digits = name[letters.endIndex...].prefix { $0.isASCII && $0.isNumber }
        let suffix = name[digits.endIndex...]
        guard let bits = Int(digits), let coding = numbers[String(letters)] else { return nil }
        let sizes = coding == .float ? [32, 64] : [8, 16, 24, 32, 40, 48, 64]
        guard sizes.contains(bits) else { return nil }
        switch suffix {
        case "": return (BinaryType(coding, size: bits / 8), bits == 8 ? .big : nil)
        case "be" where bits > 8: return (BinaryType(coding, size: bits / 8), .big)
        case "le" where bits > 8: return (BinaryType(coding, size: bits / 8, order: .little), .little)
        default: return nil
        }
    }

    /// The names of all types, for the message that names the nearest.
    static let knownNames: [String] =
        words.keys.sorted() + ["u8", "s8", "sm8"]
        + ["u", "s", "sm"].flatMap { letter in
            [16, 24, 32, 40, 48, 64].flatMap { ["\(letter)\($0)be", "\(letter)\($0)le", "\(letter)\($0)"] }
        } + ["f32be", "f32le", "f64be", "f64le", "f32", "f64"]

    private static let words: [String: Coding] = [
        "bcd": .bcd, "bcdbe": .bcd, "bcdle": .bcd, "text": .text, "hex": .hex, "hexle": .hex, "digits": .digits,
        "xdigits": .hexDigits, "sxdigits": .signedHexDigits, "kmp": .kmp,
    ]
    private static let numbers: [String: Coding] = ["u": .unsigned, "s": .signed, "sm": .signMagnitude, "f": .float]
}

/// What a picked text means.
public enum TextType: String, CaseIterable, Hashable, Sendable {
    /// A decimal number.
    case number
    /// The text itself.
    case text
    /// The number where the text is one, the text itself where it is none.
    case any
    /// A hexadecimal number.
    case hex
    /// A hexadecimal number in two's complement, by the number of its digits.
    case shex
    /// A hexadecimal number whose highest bit is the sign.
    case smhex
    /// Degrees and minutes, `ddmm.mmmm`, as degrees.
    case ddmm
}
