import Agent
import Glibc
import Records
import Simulation

/// What is to be known of the clocks: whether somebody keeps them, whether they outlive a power cut, whether they jump.
struct ClockProbe: Sendable {
    /// What the clocks showed at the beginning.
    let first: ClockReading
    /// What they showed at the end; between both they are seen jumping.
    var last: ClockReading
    /// What the clock with the battery shows, milliseconds since 1970; nil where there is none.
    var batteryMilliseconds: Int64?

    /// The year 2024: what a clock shows before is not the time.
    private static let plausibleMilliseconds: Int64 = 1_704_067_200_000

    /// Reads all clocks.
    init(_ clock: some GatewayClock, sysfs: String = "/sys") {
        first = clock.read()
        last = first
        let text = TemporaryFolder.contents(of: "\(sysfs)/class/rtc/rtc0/since_epoch").prefix { $0.isNumber }
        batteryMilliseconds = Int64(text).map { $0 * 1000 }
    }

    /// Numbers from elsewhere.
    init(first: ClockReading, last: ClockReading, batteryMilliseconds: Int64?) {
        self.first = first
        self.last = last
        self.batteryMilliseconds = batteryMilliseconds
    }

    var findings: [Finding] { [synchronisation, battery] + jump }

    private var synchronisation: Finding {
        let time = RecordLine.time(last.wallMilliseconds)
        if last.isSynchronised { return Finding(.good, "clock", "synchronised; it is \(time)") }
        let advice = "records keep the boot clock and are put right when the time comes; timedatectl tells more"
        guard last.wallMilliseconds >= Self.plausibleMilliseconds else {
            return Finding(.bad, "clock", "not synchronised, and \(time) cannot be right", advice: advice)
        }
        return Finding(.warning, "clock", "not synchronised; it is \(time), if that is right", advice: advice)
    }

    private var battery: Finding {
        guard let batteryMilliseconds else {
            return Finding(
                .warning, "clock",
                "there is no clock with a battery: after a power cut the time is wrong until a "
                    + "network brings it",
                advice: "records of that time are put right then; a DS3231 costs little")
        }
        let offset = Double(batteryMilliseconds - first.wallMilliseconds) / 1000
        guard offset.magnitude > 5 else { return Finding(.good, "clock", "the clock with the battery agrees") }
        return Finding(
            .warning, "clock",
            "the clock with the battery is \(offset.magnitude.text(0)) s \(offset < 0 ? "behind" : "ahead")",
            advice: "it should keep UTC (timedatectl set-local-rtc 0); else its battery may be empty",
            figures: [.init(name: "battery_offset_seconds", value: offset)])
    }

    private var jump: [Finding] {
        let moved = Double(last.wallOffsetMilliseconds - first.wallOffsetMilliseconds) / 1000
        // Slewing moves a clock by half a thousandth at most (adjtimex(2)).
        let slewed = Double(last.bootMilliseconds - first.bootMilliseconds) / 1000 * 0.001 + 0.05
        guard moved.magnitude > slewed else { return [] }
        return [
            Finding(
                .warning, "clock", "it jumped by \(moved.text(1)) s during this test",
                advice: "nothing is ordered or expired by it; two programs may be setting it",
                figures: [.init(name: "jump_seconds", value: moved)])
        ]
    }
}
