import Agent
import Glibc
import Logging
import Synchronization

/// What is less important is not logged: one level for all loggers, which may change while they are in use.
final class LogLevel: Sendable {
    private let level: Mutex<Logger.Level>

    init(_ level: LoggingLevel) { self.level = Mutex(Logger.Level(level)) }

    var current: Logger.Level { level.withLock { $0 } }

    func set(_ level: LoggingLevel) { self.level.withLock { $0 = Logger.Level(level) } }
}

extension Logger.Level {
    fileprivate init(_ level: LoggingLevel) { self = Logger.Level(rawValue: level.rawValue) ?? .info }
}

/// Log lines for journald, with the priority in front (sd-daemon(3)), or for a terminal, with the time.
struct LogLines: LogHandler {
    enum Style: Sendable { case journal, terminal }

    var logLevel: Logger.Level {
        get { own ?? level.current }
        set { own = newValue }
    }
    var metadata: Logger.Metadata = [:]
    /// Set for one logger alone.
    private var own: Logger.Level?
    private let level: LogLevel
    private let style: Style
    private let output: @Sendable (String) -> Void

    /// - Parameter output: takes each line, without its end; by default standard error.
    init(style: Style, level: LogLevel, output: @escaping @Sendable (String) -> Void = printError) {
        self.style = style
        self.output = output
        self.level = level
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var line = style == .journal ? "<\(event.level.priority)>" : "\(LogLines.time()) \(event.level.label) "
        if let part = metadata["part"] { line += "\(part): " }
        // One event is one line, whatever a device or a broker put into it.
        line += String(event.message.description.map { $0.isNewline || $0 == "\u{0}" ? " " : $0 })
        output(line)
    }

    private static func time() -> String {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        var parts = tm()
        localtime_r(&now.tv_sec, &parts)
        func padded(_ value: Int32) -> String { value < 10 ? "0\(value)" : "\(value)" }
        return "\(padded(parts.tm_hour)):\(padded(parts.tm_min)):\(padded(parts.tm_sec))"
    }
}

extension Logger.Level {
    /// syslog's number (RFC 5424, 6.2.1).
    fileprivate var priority: Int {
        switch self {
        case .critical: 2
        case .error: 3
        case .warning: 4
        case .notice: 5
        case .info: 6
        case .debug, .trace: 7
        }
    }

    fileprivate var label: String { rawValue.uppercased() }
}
