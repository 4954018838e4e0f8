import CTimex
import Glibc
import Records
import Synchronization

/// The clocks of the machine.
public struct SystemClock: GatewayClock {
    private let boot: BootID
    private let synchronisation = Synchronisation()

    /// Reads which boot this is; without `/proc` it counts as a boot of its own, so that nothing is mistaken for it.
    public init() {
        let descriptor = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC)
        var text = [UInt8](repeating: 0, count: 36)
        let count = descriptor < 0 ? 0 : Glibc.read(descriptor, &text, text.count)
        if descriptor >= 0 { close(descriptor) }
        boot =
            BootID(String(decoding: text.prefix(max(0, count)), as: UTF8.self))
            ?? BootID(high: .random(in: 1 ... .max), low: .random(in: 1 ... .max))
    }

    /// Reads all clocks; `adjtimex` and systemd say whether the wall clock is synchronised. They are asked four times a
    /// second at most: serial ports read the clock for every record.
    public func read() -> ClockReading {
        let now = bootMilliseconds()
        return ClockReading(
            boot: boot, bootMilliseconds: now, wallMilliseconds: SystemClock.milliseconds(CLOCK_REALTIME),
            isSynchronised: synchronisation.isThere(atMilliseconds: now))
    }

    /// `CLOCK_BOOTTIME`.
    public func bootMilliseconds() -> Int64 { SystemClock.milliseconds(CLOCK_BOOTTIME) }

    private static func milliseconds(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }

    /// Whether a time source keeps the wall clock, remembered for a moment: to ask costs two system calls.
    private final class Synchronisation: Sendable {
        private static let intervalMilliseconds: Int64 = 250
        private let askAgain = Atomic<Int64>(.min)
        private let known = Atomic<Bool>(false)

        func isThere(atMilliseconds now: Int64) -> Bool {
            guard now >= askAgain.load(ordering: .acquiring) else { return known.load(ordering: .relaxed) }
            var status = timex()
            // adjtimex(2) says TIME_ERROR while no time source keeps the clock, and -1 where it is forbidden.
            let state = adjtimex(&status)
            let isThere =
                state >= 0 && state != TIME_ERROR && status.status & STA_UNSYNC == 0
                || access("/run/systemd/timesync/synchronized", F_OK) == 0
            // In this order: who sees the time sees the answer that belongs to it, or a later one.
            known.store(isThere, ordering: .relaxed)
            askAgain.store(now + Self.intervalMilliseconds, ordering: .releasing)
            return isThere
        }
    }
}
