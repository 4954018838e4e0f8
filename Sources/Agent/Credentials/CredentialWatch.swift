import Logging
import Records
import ServiceLifecycle
import Synchronization
import Threads
import Uplinks

/// Looks at all files with credentials now and then: knows when each ends, and warns in time.
///
/// It reads for the status only. Who uses a file reads it anew by itself.
public final class CredentialWatch: Service {
    /// What is known of one credential.
    public struct Status: Hashable, Sendable {
        /// Which one.
        public let credential: Credential
        /// How long it is good; nil where that is not known, or has no end.
        public internal(set) var validity: Validity?
        /// How near its end is; ``CredentialUrgency/none`` as long as the gateway does not know the time.
        public internal(set) var urgency = CredentialUrgency.none
        /// Why it could not be read at the last look; nil where it could.
        public internal(set) var problem: String?
    }

    /// Between two looks.
    private static let pause = Duration.seconds(600)

    private let clock: any GatewayClock
    private let logger: Logger
    private let known: Mutex<[Status]>
    private let changed = Announcement()

    init(_ credentials: [Credential], clock: any GatewayClock, logger: Logger) {
        self.clock = clock
        self.logger = logger
        known = Mutex(credentials.map { Status(credential: $0) })
    }

    /// Looks at these from now on; what is known of those that it looks at already stays.
    func follow(_ credentials: [Credential]) {
        known.withLock { known in
            known = credentials.map { credential in
                known.first { $0.credential == credential } ?? Status(credential: credential)
            }
        }
        changed.announce()
    }

    /// All credentials, in the order of the configuration, as they were at the last look.
    public var status: [Status] { known.withLock { $0 } }

    /// Looks until graceful shutdown.
    ///
    /// - Throws: nothing; `Service` allows it.
    public func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                let seen = self.changed.generation
                self.look()
                await self.changed.wait(after: seen, for: Self.pause)
            }
        }
    }

    /// Reads all files, and says what is new.
    func look() {
        let reading = clock.read()
        let now = reading.wallMilliseconds / 1000
        let hasTime = now >= Self.firstPlausibleSecond
        for before in status {
            var after = before
            do {
                after.validity = try before.credential.validity()
                after.problem = nil
            } catch {
                after.validity = nil
                after.problem = error.reason
            }
            after.urgency = after.validity.map { hasTime ? CredentialUrgency($0, now: now) : .none } ?? .none
            if let notice = Self.notice(after, before, now: now) {
                logger.log(level: notice.level, "\(notice.text)")
            }
            known.withLock { [after] known in
                guard let index = known.firstIndex(where: { $0.credential == after.credential }) else { return }
                known[index] = after
            }
        }
    }

    /// 2025-01-01: a clock that shows less has never been set.
    private static let firstPlausibleSecond: Int64 = 1_735_689_600

    /// What is worth a line in the log, at which level.
    static func notice(_ after: Status, _ before: Status, now: Int64) -> (level: Logger.Level, text: String)? {
        let credential = after.credential
        let name = "\(credential.part): \(credential.key)"
        if let problem = after.problem { return problem == before.problem ? nil : (.warning, "\(name): \(problem)") }
        guard let validity = after.validity else { return nil }
        let isOther = before.validity?.end != validity.end
        let until = "\(credential.path), good until \(validity.endText)"
        guard isOther || after.urgency > before.urgency else { return nil }
        switch after.urgency {
        case .none:
            return before.urgency > .none || before.problem != nil ? (.notice, "\(name) was renewed: \(until)") : nil
        case .over: return (.error, "\(name) is over: \(until); put a new one in its place, nothing is to be restarted")
        case .soon, .near, .last:
            return (.warning, "\(name) ends in \(words(validity.end - now)): \(until)")
        }
    }

    /// `12 days`, `5 hours`, `40 minutes`.
    private static func words(_ seconds: Int64) -> String {
        for (unit, size) in [("day", 86_400), ("hour", 3600)] as [(String, Int64)] where seconds >= size {
            return "\(seconds / size) \(unit)\(seconds / size == 1 ? "" : "s")"
        }
        return "\(seconds / 60) minute\(seconds / 60 == 1 ? "" : "s")"
    }
}
