import DeviceProfiles
import Records

/// What one frame says, as a JSON object: the line that `decode` and `listen` print.
enum FrameLine {
    /// - Parameters:
    ///   - rejected: bytes before it that are no frame, or those of the frame itself, each run with its reason.
    ///   - withheld: readings that it does not have, and why; nil where nobody asks for them.
    static func json(
        profile: String, device: String?, readings: [Reading], rejected: [(reason: String, bytes: Int)],
        withheld: [WithheldReading]? = nil
    ) -> String {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("profile", string: profile)
        writer.key("device")
        if let device { writer.string(device) } else { writer.null() }
        writer.key("readings")
        write(readings, to: &writer)
        writer.key("rejected")
        writer.beginArray()
        for (reason, bytes) in rejected {
            writer.beginObject()
            writer.member("reason", string: reason)
            writer.member("bytes", integer: bytes)
            writer.endObject()
        }
        writer.endArray()
        if let withheld { write(withheld, to: &writer) }
        writer.endObject()
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    private static func write(_ withheld: [WithheldReading], to writer: inout JSONWriter) {
        writer.key("withheld")
        writer.beginArray()
        for reading in withheld {
            writer.beginObject()
            writer.member("name", string: reading.name)
            writer.member("reason", string: reading.reason.explanation)
            writer.endObject()
        }
        writer.endArray()
    }

    /// Why a frame says nothing; nil where it is understood.
    static func problem(of frame: DecodedFrame) -> String? {
        switch frame.verdict {
        case .decoded: nil
        case .skipped: "no message of the profile is like it"
        case .rejected(let reason): reason
        }
    }

    /// An array of readings, each with name, value and unit.
    static func write(_ readings: [Reading], to writer: inout JSONWriter) {
        writer.beginArray()
        for reading in readings {
            writer.beginObject()
            writer.member("name", string: reading.name)
            writer.key("value")
            switch reading.value {
            case .number(let number): writer.number(number)
            case .text(let text): writer.string(text)
            case .boolean(let flag): writer.boolean(flag)
            }
            writer.key("unit")
            if let unit = reading.unit { writer.string(unit) } else { writer.null() }
            writer.endObject()
        }
        writer.endArray()
    }
}
