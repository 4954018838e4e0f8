import Logging
import LogStore
import Records
import Synchronization

/// Where events go: into the stream `millrace`, if there is one, and into the log lines.
public final class EventJournal: Sendable {
    private struct State {
        var slot: Int?
        var dropped: UInt64 = 0
    }

    private let recorder: Recorder
    private let logger: Logger
    private let state = Mutex(State())

    init(recorder: Recorder, logger: Logger) {
        self.recorder = recorder
        self.logger = logger
    }

    /// Says whether there is a stream for events.
    func record(into stream: StreamName?) {
        state.withLock { $0.slot = stream.map(recorder.slot) }
    }

    /// Tells what happened. Never waits: an event that the log has no room for is dropped, and the next one says how
    /// many were.
    func note(_ event: AgentEvent) {
        if let level = event.kind.level { logger.log(level: level, "\(event.part): \(event.text)") }
        state.withLock { state in
            guard let slot = state.slot else { return }
            var told = event
            if state.dropped > 0 { told.details.append(.init("dropped", state.dropped)) }
            if append(told, to: slot) { state.dropped = 0 } else { state.dropped += 1 }
        }
    }

    private func append(_ event: AgentEvent, to slot: Int) -> Bool {
        var writer = JSONWriter()
        event.encode(into: &writer)
        let topic = Array("millrace/events/\(event.kind.rawValue)".utf8)
        let properties = RecordProperties(contentType: "application/json", device: event.device)
        return recorder.append(
            slot, topic: topic.span.bytes, payload: writer.bytes.span.bytes,
            details: IntakeDetails(properties: PackedProperties(properties), isRedeliverable: false))
    }
}
