/// A size in bytes.
public struct ByteCount: RawRepresentable, Hashable, Sendable, Comparable, CustomStringConvertible {
    /// Bytes, never negative.
    public let rawValue: Int

    /// A size of so many bytes.
    public init(rawValue: Int) {
        precondition(rawValue >= 0)
        self.rawValue = rawValue
    }

    /// So many bytes.
    public static func bytes(_ count: Int) -> ByteCount { ByteCount(rawValue: count) }
    /// So many times 1024 bytes.
    public static func kibibytes(_ count: Int) -> ByteCount { ByteCount(rawValue: count << 10) }
    /// So many times 1024² bytes.
    public static func mebibytes(_ count: Int) -> ByteCount { ByteCount(rawValue: count << 20) }
    /// So many times 1024³ bytes.
    public static func gibibytes(_ count: Int) -> ByteCount { ByteCount(rawValue: count << 30) }

    /// Reads `512MiB`, `64 KiB`, `1GiB`, `10MB`, `4096` and `4096B`. IEC prefixes are powers of 1024 and SI prefixes
    /// powers of 1000 (IEC 80000-13). Nil for anything else.
    public init?(_ text: String) {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard let number = Int(digits) else { return nil }
        let unit = text[digits.endIndex...].drop { $0 == " " }
        let factors = [
            "": 1, "B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40,
            "kB": 1000, "MB": 1_000_000, "GB": 1_000_000_000, "TB": 1_000_000_000_000,
        ]
        guard let factor = factors[String(unit)] else { return nil }
        let (value, overflow) = number.multipliedReportingOverflow(by: factor)
        guard !overflow else { return nil }
        rawValue = value
    }

    /// The size in its largest IEC unit, with one decimal where it is not whole: `512 MiB`, `1.5 KiB`, `17 B`.
    public var description: String {
        let units: [(String, Int)] = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)]
        for (name, factor) in units where rawValue >= factor {
            let tenths = (rawValue / (factor / 32) * 10) / 32
            return tenths % 10 == 0 ? "\(tenths / 10) \(name)" : "\(tenths / 10).\(tenths % 10) \(name)"
        }
        return "\(rawValue) B"
    }

    /// Whether it is smaller.
    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
    /// Both together.
    public static func + (left: Self, right: Self) -> Self { ByteCount(rawValue: left.rawValue + right.rawValue) }
}
