import Agent
import HTTPTypes
import HummingbirdCore
import NIOCore
import Records

/// One stream of live records to one client.
struct LiveReader: Sendable {
    private let live: LiveRecords
    private let id: UInt64
    private let stream: StreamName
    private let start: Position
    private let selection: TopicSelection?

    init(_ live: LiveRecords, id: UInt64, stream: StreamName, position: Position, selection: TopicSelection?) {
        self.live = live
        self.id = id
        self.stream = stream
        self.selection = selection
        start = position
    }

    /// Writes events until the client goes, or all streams are to end.
    func run(_ writer: consuming ResponseWriter, on channel: any Channel) async throws {
        defer { live.leave(id) }
        let head = HTTPResponse(status: .ok, headerFields: Answer.fields("text/event-stream"))
        var body = try await writer.writeHead(head)
        try await write(Self.comment, to: &body, on: channel)
        var position = start
        var lastWrite = ContinuousClock.now
        while !live.isClosed, !Task.isCancelled, channel.isActive {
            let seen = live.pulses
            let page: LivePage?
            do {
                page = try await live.page(of: stream, from: position)
            } catch {
                try await end(because: "\(error)", &body, on: channel)
                return try await body.finish(nil)
            }
            if let page {
                if let events = page.events(from: position, selected: selection) {
                    try await write(events, to: &body, on: channel)
                    lastWrite = .now
                }
                position = page.next
            } else {
                if lastWrite.duration(to: .now) >= AdminLimits.silenceMax {
                    try await write(Self.comment, to: &body, on: channel)
                    lastWrite = .now
                }
                await live.waitForPulse(after: seen)
            }
        }
        try await end(because: "the agent stops, or reads its configuration again", &body, on: channel)
        try await body.finish(nil)
    }

    /// Shows that the stream lives; readers skip it.
    private static let comment = ByteBuffer(string: ": millrace\n\n")

    private func write(
        _ buffer: ByteBuffer, to body: inout some ResponseBodyWriter, on channel: any Channel
    ) async throws {
        live.note(id, isBusy: true, on: channel)
        try await body.write(buffer)
        live.note(id, isBusy: false, on: channel)
    }

    private func end(
        because reason: String, _ body: inout some ResponseBodyWriter, on channel: any Channel
    ) async throws {
        var event = ByteBuffer(string: "event: end\ndata: ")
        event.writeBytes(Answer.object("reason", reason))
        event.writeString("\n\n")
        try await write(event, to: &body, on: channel)
    }
}
