import CTimex
import Glibc
import Records

/// The clocks of the machine.
public struct SystemClock: GatewayClock {
    private let boot: BootID

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

    /// Reads all clocks; `adjtimex` and systemd say whether the wall clock is synchronised.
    public func read() -> ClockReading {
        var status = timex()
        // adjtimex(2) says TIME_ERROR while no time source keeps the clock.
        let isSynchronised = adjtimex(&status) != TIME_ERROR && status.status & STA_UNSYNC == 0
        return ClockReading(
            boot: boot, bootMilliseconds: bootMilliseconds(),
            wallMilliseconds: SystemClock.milliseconds(CLOCK_REALTIME),
            isSynchronised: isSynchronised || access("/run/systemd/timesync/synchronized", F_OK) == 0)
    }

    /// `CLOCK_BOOTTIME`.
    public func bootMilliseconds() -> Int64 { SystemClock.milliseconds(CLOCK_BOOTTIME) }

    private static func milliseconds(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }
}
