import FoundationEssentials
import Records
import Uplinks

/// One record as a line of JSON, for people and programs.
public enum RecordLine {
    /// The record as one object.
    public static func json(_ record: Record, of batch: RecordBatch) -> String {
        var writer = JSONWriter(reservingCapacity: 256)
        var encoder = RecordEncoder()
        encoder.encode(record, of: batch, into: &writer)
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    fileprivate static func encode(
        _ record: Record, of batch: RecordBatch, into writer: inout JSONWriter, _ timestamps: inout TimestampWriter
    ) {
        writer.beginObject()
        writer.key("id")
        writer.string(batch.identity(of: record).description)
        writer.key("stream")
        writer.string(batch.stream.rawValue)
        writer.key("epoch")
        writer.string(batch.epoch.description)
        writer.key("sequence")
        writer.integer(record.sequence.rawValue)
        writer.key("topic")
        writer.string(record.topic)
        writer.key("time")
        writer.string(timestamps.string(record.time.wallMilliseconds))
        writer.key("timequality")
        writer.string("\(record.time.quality)")
        if record.isRetained {
            writer.key("retained")
            writer.boolean(true)
        }
        write(record.properties, to: &writer)
        let payload = Array(record.payload)
        if JSONText.isValid(payload.span) {
            writer.key("data")
            writer.raw(payload)
        } else if let text = String(validating: payload, as: UTF8.self) {
            writer.key("text")
            writer.string(text)
        } else {
            writer.key("data_base64")
            writer.base64(payload)
        }
        writer.endObject()
    }

    private static func write(_ properties: RecordProperties?, to writer: inout JSONWriter) {
        guard let properties else { return }
        if let device = properties.device {
            writer.key("device")
            writer.string(device)
        }
        if let contentType = properties.contentType {
            writer.key("contenttype")
            writer.string(contentType)
        }
        guard !properties.userProperties.isEmpty else { return }
        writer.key("userproperties")
        writer.beginArray()
        for property in properties.userProperties {
            writer.beginArray()
            writer.string(property.name)
            writer.string(property.value)
            writer.endArray()
        }
        writer.endArray()
    }

    /// RFC 3339 in UTC with milliseconds.
    public static func time(_ milliseconds: Int64) -> String {
        var writer = TimestampWriter()
        return writer.string(milliseconds)
    }

    /// Reads RFC 3339, with or without a fraction of a second.
    public static func milliseconds(_ text: String) -> Int64? {
        for style in [Date.ISO8601FormatStyle(), Date.ISO8601FormatStyle(includingFractionalSeconds: true)] {
            // Not this form: the other is tried, and then the text is refused.
            if let date = try? style.parse(text) { return Int64((date.timeIntervalSince1970 * 1000).rounded()) }
        }
        return nil
    }
}

/// Writes records as ``RecordLine`` does, one after the other.
public struct RecordEncoder: Sendable {
    private var timestamps = TimestampWriter()

    /// Nothing is written yet.
    public init() {}

    /// Writes the record as one object.
    public mutating func encode(_ record: Record, of batch: RecordBatch, into writer: inout JSONWriter) {
        RecordLine.encode(record, of: batch, into: &writer, &timestamps)
    }
}
