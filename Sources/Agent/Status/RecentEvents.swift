import Glibc
import Logging
import Synchronization

/// Something that happened: a line of the log, of `notice` or above.
public struct StatusEvent: Sendable, Equatable {
    /// When, milliseconds since 1970 as the clock stood.
    public var wallMilliseconds: Int64
    /// `notice`, `warning`, `error` or `critical`.
    public var level: String
    /// Where: `mqtt.shopfloor`, `uplinks.central`; nil for the agent itself.
    public var part: String?
    /// What, in words, cut at ``RecentEvents/textSizeMax``.
    public var text: String

    /// An event.
    public init(wallMilliseconds: Int64, level: String, part: String?, text: String) {
        self.wallMilliseconds = wallMilliseconds
        self.level = level
        self.part = part
        self.text = text
    }
}

/// Keeps what the log said lately, for the page and for people who ask afterwards. Bounded: the oldest makes room.
public final class RecentEvents: Sendable {
    /// Events that are kept.
    public static let countMax = 100
    /// Bytes of one event's text; the rest is cut.
    public static let textSizeMax = 500

    private let events = Mutex<[StatusEvent]>([])

    /// Nothing happened yet.
    public init() {}

    /// All that are kept, the newest first.
    public var newestFirst: [StatusEvent] { events.withLock { $0.reversed() } }

    /// A log that writes where `handler` writes, and keeps here what is important.
    public func watching(_ handler: any LogHandler) -> any LogHandler { Watching(handler, events: self) }

    fileprivate func note(_ event: StatusEvent) {
        events.withLock { events in
            if events.count == Self.countMax { events.removeFirst() }
            events.append(event)
        }
    }

    private struct Watching: LogHandler {
        private var base: any LogHandler
        private let events: RecentEvents

        init(_ base: any LogHandler, events: RecentEvents) {
            self.base = base
            self.events = events
        }

        var logLevel: Logger.Level {
            get { base.logLevel }
            set { base.logLevel = newValue }
        }
        var metadata: Logger.Metadata {
            get { base.metadata }
            set { base.metadata = newValue }
        }
        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { base[metadataKey: key] }
            set { base[metadataKey: key] = newValue }
        }

        func log(event: LogEvent) {
            if event.level >= .notice {
                var now = timespec()
                clock_gettime(CLOCK_REALTIME, &now)
                let text = event.message.description
                events.note(
                    StatusEvent(
                        wallMilliseconds: Int64(now.tv_sec) * 1000 + Int64(now.tv_nsec) / 1_000_000,
                        level: event.level.rawValue, part: metadata["part"].map { "\($0)" },
                        text: text.utf8.count <= RecentEvents.textSizeMax
                            ? text : String(decoding: text.utf8.prefix(RecentEvents.textSizeMax), as: UTF8.self)))
            }
            base.log(event: event)
        }
    }
}
