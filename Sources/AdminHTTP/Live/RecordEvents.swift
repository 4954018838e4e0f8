import Agent
import NIOCore
import Records

/// Records as JSON, and as server-sent events.
enum RecordEvents {
    /// The body of `GET /records`.
    static func json(of page: RecordPage, in stream: StreamName) -> [UInt8] {
        var writer = JSONWriter(reservingCapacity: 4 << 10)
        var encoder = RecordEncoder()
        writer.beginObject()
        writer.member("stream", string: stream.rawValue)
        writer.key("records")
        writer.beginArray()
        if let batch = page.batch {
            for record in batch.records { encoder.encode(record, of: batch, into: &writer) }
        }
        writer.endArray()
        writer.key("lost")
        writer.beginArray()
        for loss in page.lost { write(loss, to: &writer) }
        writer.endArray()
        writer.member("next", string: page.next.description)
        writer.endObject()
        return writer.bytes
    }

    static func write(_ loss: LostRange, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("epoch", string: loss.epoch.description)
        writer.member("first", integer: loss.first.rawValue)
        writer.member("last", integer: loss.last.rawValue)
        writer.member("records", integer: loss.count)
        writer.member("reason", string: loss.reason.rawValue)
        writer.endObject()
    }
}
