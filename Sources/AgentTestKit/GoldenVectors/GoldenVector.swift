import Records

/// One frame that a sensor sent, and the readings in it.
public struct GoldenVector: Sendable, CustomStringConvertible {
    /// Its name, `pms5003-1`.
    public let id: String
    /// What is spoken, `pms`.
    public let decoder: String
    /// The sensor's name, for people.
    public let sensor: String
    /// Which of the decoder's layouts, where there are several.
    public let variant: String?
    /// The frame as it came on the line.
    public let frame: [UInt8]
    /// The request that it answers, where there is one.
    public let request: [UInt8]?
    /// The readings in it.
    public let readings: [GoldenReading]
    /// All that the vector says, of which the above is a part.
    public let tree: JSONTree

    init?(_ tree: JSONTree) {
        guard let id = tree["id"]?.string, let decoder = tree["decoder"]?.string, let sensor = tree["sensor"]?.string,
            let frame = tree["frame_hex"]?.string.flatMap({ [UInt8](hexadecimal: $0) }),
            case .array(let expectations) = tree["expect"]
        else { return nil }
        self.id = id
        self.decoder = decoder
        self.sensor = sensor
        variant = tree["variant"]?.string
        self.frame = frame
        request = tree["request_hex"]?.string.flatMap { [UInt8](hexadecimal: $0) }
        readings = expectations.compactMap { GoldenReading($0) }
        self.tree = tree
        guard readings.count == expectations.count else { return nil }
    }

    /// Its name, in the list of a test's cases.
    public var description: String { id }
}

/// One value that a frame holds.
public struct GoldenReading: Sendable {
    /// Its name in the vectors.
    public let name: String
    /// A number, a text or a truth value; null where the frame says that there is no value.
    public let value: JSONTree
    /// The SenML unit, where there is one.
    public let unit: String?
    /// By how much a number may differ.
    public let tolerance: Double

    init?(_ tree: JSONTree) {
        guard let name = tree["field"]?.string, let value = tree["value"] else { return nil }
        self.name = name
        self.value = value
        unit = tree["unit"]?.string
        tolerance = tree["tol"]?.number ?? 1e-6 * max(1, abs(value.number ?? 0))
    }
}

extension [UInt8] {
    /// Reads `424D001C`, with or without spaces; nil where a digit is none or half a byte is left.
    public init?(hexadecimal text: String) {
        let digits = text.utf8.filter { $0 != 0x20 }.map { Character(Unicode.Scalar($0)).hexDigitValue }
        guard digits.count.isMultiple(of: 2) else { return nil }
        self = []
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let high = digits[index], let low = digits[index + 1] else { return nil }
            append(UInt8(high << 4 | low))
        }
    }
}
