import Records
import Synchronization

/// A clock that stands still until a test moves it.
public final class ManualClock: GatewayClock {
    private let reading: Mutex<ClockReading>

    /// A clock that shows this and stands still.
    public init(
        boot: BootID = BootID(high: 1, low: 2), bootMilliseconds: Int64 = 60_000,
        wallMilliseconds: Int64 = 1_760_000_000_000, isSynchronised: Bool = true
    ) {
        reading = Mutex(
            ClockReading(
                boot: boot, bootMilliseconds: bootMilliseconds, wallMilliseconds: wallMilliseconds,
                isSynchronised: isSynchronised))
    }

    /// What it shows.
    public func read() -> ClockReading { reading.withLock { $0 } }
    /// Its `CLOCK_BOOTTIME`.
    public func bootMilliseconds() -> Int64 { reading.withLock { $0.bootMilliseconds } }

    /// Lets time pass: both clocks go on.
    public func advance(milliseconds: Int64) {
        reading.withLock {
            $0.bootMilliseconds += milliseconds
            $0.wallMilliseconds += milliseconds
        }
    }

    /// Changes anything: a step of the wall clock, a synchronisation, another boot.
    public func change(_ body: (inout ClockReading) -> Void) { reading.withLock { body(&$0) } }
}
