import LogStore
import Records
import Synchronization
import Threads

/// The threads on which the log is read and written for others: made when somebody first asks, so that an agent whom
/// nobody asks has none of them.
final class AccessDesk: Sendable {
    private let parts = Mutex<(reading: RecordReading?, intake: LocalIntake?)>((nil, nil))

    /// What reads the log.
    func reading(_ log: RingLog, clock: any GatewayClock) throws(AccessFailure) -> RecordReading {
        let reading = parts.withLock { parts in
            if parts.reading == nil {
                parts.reading = ThreadExecutor(named: "records").map { RecordReading(log, clock: clock, on: $0) }
            }
            return parts.reading
        }
        guard let reading else { throw Self.noThread }
        return reading
    }

    /// What writes to it.
    func intake(_ recorder: Recorder) throws(AccessFailure) -> LocalIntake {
        let intake = parts.withLock { parts in
            if parts.intake == nil {
                parts.intake = ThreadExecutor(named: "local intake").map { LocalIntake(recorder, on: $0) }
            }
            return parts.intake
        }
        guard let intake else { throw Self.noThread }
        return intake
    }

    private static var noThread: AccessFailure {
        AccessFailure(.unavailable, "the system gives no thread; raise the limit on threads (TasksMax)")
    }
}
