import Records

/// How names, texts and times are spelled in InfluxDB's line protocol.
enum LineProtocol {
    /// Names of tags and fields of ours, and `time`, under which a field is dropped.
    private static let reservedNames = [
        "device", "gateway", "stream", "topic", "time", "epoch", "sequence", "timequality", "bootid", "boottime",
        "historical", "replay", "previous", "retained",
    ].map { Array($0.utf8) }

    /// Whether a value cannot have this name.
    static func isReserved(_ name: ArraySlice<UInt8>) -> Bool {
        reservedNames.contains { $0.count == name.count && $0[0] == name.first && $0.elementsEqual(name) }
    }

    /// A tag behind the measurement; one without a value is none.
    static func appendTag(_ name: StaticString, _ value: String, to line: inout [UInt8]) {
        guard !value.isEmpty else { return }
        line.append(UInt8(ascii: ","))
        line.append(contentsOf: UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
        line.append(UInt8(ascii: "="))
        var value = value
        value.withUTF8 { appendEscaped($0, to: &line) }
    }

    /// A name of a measurement or a field: not beginning with `_`, which belongs to the database, nor with `#`, which
    /// makes a line a comment.
    static func appendName(_ name: ArraySlice<UInt8>, to line: inout [UInt8]) {
        if name.first == UInt8(ascii: "_") || name.first == UInt8(ascii: "#") { line.append(UInt8(ascii: "x")) }
        name.withUnsafeBufferPointer { appendEscaped($0, to: &line) }
    }

    /// Names and tags have no escape for a backslash that all readers agree on, and none for a line end.
    private static func appendEscaped(_ text: UnsafeBufferPointer<UInt8>, to line: inout [UInt8]) {
        for byte in text {
            switch byte {
            case UInt8(ascii: ","), UInt8(ascii: " "), UInt8(ascii: "="):
                line.append(UInt8(ascii: "\\"))
                line.append(byte)
            case UInt8(ascii: "\\"), 0..<0x20, 0x7F:
                line.append(UInt8(ascii: "_"))
            default:
                line.append(byte)
            }
        }
    }

    /// The value of a text field, from text that is UTF-8.
    static func appendText(_ text: ArraySlice<UInt8>, to line: inout [UInt8]) {
        line.append(UInt8(ascii: "\""))
        for byte in text {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                line.append(UInt8(ascii: "\\"))
                line.append(byte)
            case UInt8(ascii: "\n"): line.append(contentsOf: "\\\\n".utf8)
            case UInt8(ascii: "\r"): line.append(contentsOf: "\\\\r".utf8)
            case UInt8(ascii: "\t"): line.append(byte)
            case 0..<0x20, 0x7F: line.append(UInt8(ascii: "_"))
            default: line.append(byte)
            }
        }
        line.append(UInt8(ascii: "\""))
    }

    /// A point in time whose digits below the millisecond are those of a record's sequence.
    static func nanoseconds(milliseconds: Int64, _ sequence: SequenceNumber) -> Int64 {
        clamped(milliseconds, by: 1_000_000) + Int64(sequence.rawValue % 1_000_000)
    }

    /// A point in time whose digits below the microsecond are those of a record's sequence.
    static func nanoseconds(seconds: Double, _ sequence: SequenceNumber) -> Int64 {
        clamped(Int64((seconds * 1e6).rounded()), by: 1000) + Int64(sequence.rawValue % 1000)
    }

    /// Line protocol's times end in 2262 and begin in 1677.
    private static func clamped(_ value: Int64, by factor: Int64) -> Int64 {
        let limit = Int64.max / factor - 1
        return min(max(value, -limit), limit) * factor
    }
}
