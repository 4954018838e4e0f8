import Agent
import NIOCore
import Records

/// Records that follow one another, encoded as server-sent events (WHATWG HTML, 9.2) once for all readers. Pure.
struct LivePage: Sendable {
    private struct Event: Sendable {
        let position: Position
        /// Nil for a loss, which is everybody's.
        let topic: String?
        /// Where it ends in the bytes.
        let end: Int
    }

    /// Where it begins: the first place that may be in it.
    let first: Position
    /// The first place behind it.
    let next: Position
    private let buffer: ByteBuffer
    private let events: [Event]

    init(_ page: RecordPage, from first: Position) {
        self.first = first
        next = page.next
        var bytes: [UInt8] = []
        var events: [Event] = []
        var writer = JSONWriter(reservingCapacity: 512)
        var encoder = RecordEncoder()
        for loss in page.lost {
            writer.removeAll()
            RecordEvents.write(loss, to: &writer)
            let position = Position(epoch: loss.epoch, sequence: loss.last)
            Self.append("lost", position, writer.bytes, to: &bytes)
            events.append(Event(position: position, topic: nil, end: bytes.count))
        }
        if let batch = page.batch {
            for record in batch.records {
                writer.removeAll()
                encoder.encode(record, of: batch, into: &writer)
                let position = Position(epoch: batch.epoch, sequence: record.sequence)
                Self.append("record", position, writer.bytes, to: &bytes)
                events.append(Event(position: position, topic: record.topic, end: bytes.count))
            }
        }
        buffer = ByteBuffer(bytes: bytes)
        self.events = events
    }

    /// Bytes of all events.
    var size: Int { buffer.readableBytes }
    /// Whether it was ended by a limit, so that more follows: of records or, where those are large, of bytes.
    var isFull: Bool { events.count >= AdminLimits.liveRecordsMax / 2 || size >= AdminLimits.livePageSizeMax / 2 }

    /// The events from a place on that are selected; nil where there are none. Without a selection nothing is copied.
    func events(from position: Position, selected: TopicSelection?) -> ByteBuffer? {
        guard let index = events.firstIndex(where: { $0.position >= position }) else { return nil }
        let start = index == 0 ? 0 : events[index - 1].end
        guard let selected else { return buffer.getSlice(at: start, length: size - start) }
        var result = ByteBuffer()
        var begin = start
        for event in events[index...] {
            defer { begin = event.end }
            guard event.topic.map(selected.contains) ?? true else { continue }
            result.writeImmutableBuffer(buffer.getSlice(at: begin, length: event.end - begin) ?? ByteBuffer())
        }
        return result.readableBytes == 0 ? nil : result
    }

    private static func append(
        _ name: StaticString, _ position: Position, _ json: [UInt8], to bytes: inout [UInt8]
    ) {
        bytes.append(contentsOf: "event: \(name)\nid: \(position)\ndata: ".utf8)
        // A line feed in JSON is white space between two of its parts; here it would end the event.
        bytes.append(contentsOf: json.lazy.map { $0 == 0x0A || $0 == 0x0D ? 0x20 : $0 })
        bytes.append(contentsOf: "\n\n".utf8)
    }
}
