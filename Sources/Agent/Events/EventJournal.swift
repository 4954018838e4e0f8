import Logging
import LogStore
import Records
import Synchronization

/// Where events go: into the stream `millrace`, if there is one, into the log lines, and into the memory of the last.
public final class EventJournal: Sendable {
    /// An event and when it was told.
    public struct Entry: Sendable, Equatable {
        /// What happened.
        public let event: AgentEvent
        /// By the clocks as they stood.
        public let clock: ClockReading
    }

    private struct State {
        var slot: Int?
        var recent: [Entry] = []
        var dropped: UInt64 = 0
    }

    /// Events that are remembered for whoever asks.
    public static let recentMax = 100

    private let recorder: Recorder
    private let clock: any GatewayClock
    private let logger: Logger
    private let state = Mutex(State())

    init(recorder: Recorder, clock: any GatewayClock, logger: Logger) {
        self.recorder = recorder
        self.clock = clock
        self.logger = logger
    }

    /// The last events, the newest last.
    public var recent: [Entry] { state.withLock { $0.recent } }

    /// Says whether there is a stream for events.
    func record(into stream: StreamName?) {
        state.withLock { $0.slot = stream.map(recorder.slot) }
    }

    /// Tells what happened. Never waits: an event that the log has no room for is dropped, and the next one says how
    /// many were.
    func note(_ event: AgentEvent) {
        if let level = event.kind.level { logger.log(level: level, "\(event.part): \(event.text)") }
        state.withLock { state in
            state.recent.append(Entry(event: event, clock: clock.read()))
            if state.recent.count > Self.recentMax { state.recent.removeFirst() }
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
