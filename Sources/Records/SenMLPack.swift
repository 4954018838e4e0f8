/// The readings of one device at one moment, as they travel: a SenML pack (RFC 8428) in JSON.
///
/// The first record carries the base name `<gateway>/<device>/` and the base time; the full name and time of each
/// record are the base and its own part put together (RFC 8428, section 4.6).
public struct SenMLPack: Sendable {
    /// The content type of what ``encode(into:)`` writes (RFC 8428, section 12.3.1).
    public static let contentType = "application/senml+json"

    /// What stands before each reading's name: `<gateway>/<device>/`, of SenML's characters only.
    public let baseName: String
    /// What each time is counted from, milliseconds since 1970; nil where there is no time to give.
    public var baseMilliseconds: Int64?
    /// The readings. Those that are not finite numbers are left out: JSON has no way to write them.
    public var readings: [Reading]

    /// A pack for the readings of `device`, which may have any name: see ``senMLName(_:)``.
    public init(gateway: GatewayID, device: String, baseMilliseconds: Int64?, readings: [Reading]) {
        var name = Self.senMLName(gateway.rawValue) + "/" + Self.senMLName(device) + "/"
        // A name begins with a letter or a digit; a gateway's may begin with one of the other three.
        if let head = name.utf8.first, !Self.isNameStart(head) { name = "x" + name }
        baseName = name
        self.baseMilliseconds = baseMilliseconds
        self.readings = readings
    }

    /// `text` with `_` in the place of each character that a SenML name cannot have: it allows the ASCII letters and
    /// digits, and `-`, `:`, `.`, `/` and `_` (RFC 8428, section 4.5.1).
    public static func senMLName(_ text: String) -> String {
        if text.utf8.allSatisfy(isNameByte) { return text }
        return String(
            String.UnicodeScalarView(
                text.unicodeScalars.map { scalar in
                    UInt8(exactly: scalar.value).map(isNameByte) == true ? scalar : "_"
                }))
    }

    /// The pack as JSON; nil where it has no reading that can be written: a pack has at least one record.
    public func encoded() -> [UInt8]? {
        var writer = JSONWriter(reservingCapacity: 64 + 48 * readings.count)
        return encode(into: &writer) ? writer.bytes : nil
    }

    /// Writes the pack as a JSON array. Returns false, and writes nothing, where it has no reading that can be written.
    public func encode(into writer: inout JSONWriter) -> Bool {
        let writable = readings.lazy.filter { $0.value.isWritable }
        guard !writable.isEmpty else { return false }
        let base = baseMilliseconds.flatMap { Self.isAbsolute($0) ? $0 : nil }
        var isFirst = true
        writer.beginArray()
        for reading in writable {
            writer.beginObject()
            if isFirst {
                writer.member("bn", string: baseName)
                if let base {
                    writer.member("bt", number: Double(base) / 1000)
                }
                isFirst = false
            }
            encode(reading, base: base, into: &writer)
            writer.endObject()
        }
        writer.endArray()
        return true
    }

    private func encode(_ reading: Reading, base: Int64?, into writer: inout JSONWriter) {
        if !reading.name.isEmpty {
            writer.member("n", string: Self.senMLName(reading.name))
        }
        if let unit = reading.unit {
            writer.member("u", string: unit)
        }
        switch reading.value {
        case .number(let number):
            writer.member("v", number: number)
        case .text(let text):
            writer.member("vs", string: text)
        case .boolean(let boolean):
            writer.member("vb", boolean: boolean)
        }
        let (delta, overflow) = (reading.milliseconds ?? base ?? 0).subtractingReportingOverflow(base ?? 0)
        if let own = reading.milliseconds, Self.isAbsolute(own), !overflow, delta != 0 {
            writer.member("t", number: Double(delta) / 1000)
        }
    }

    /// SenML takes times below 2^28 seconds as relative to now (RFC 8428, section 4.5.3), so the time of a clock that
    /// stands in 1970 is left out: it would mean another moment at each reader.
    private static func isAbsolute(_ milliseconds: Int64) -> Bool { milliseconds >= (1 << 28) * 1000 }

    /// Whether a SenML name can have this byte (RFC 8428, section 4.5.1).
    @inlinable public static func isNameByte(_ byte: UInt8) -> Bool {
        isNameStart(byte) || (0x2D...0x2F).contains(byte) || byte == 0x3A || byte == 0x5F
    }

    /// Whether a SenML name can begin with this byte: an ASCII letter or digit.
    @inlinable public static func isNameStart(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
    }
}

extension Reading.Value {
    /// Whether SenML in JSON can carry it.
    fileprivate var isWritable: Bool {
        if case .number(let number) = self { number.isFinite } else { true }
    }
}
