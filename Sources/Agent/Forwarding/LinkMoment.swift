import Records

/// One moment by all clocks that matter to a link.
struct LinkMoment: Sendable {
    /// What rates and waits are measured by.
    let instant: ContinuousClock.Instant
    /// What records and budgets are measured by.
    let reading: ClockReading
    /// What windows and periods are kept by.
    let local: LocalTime

    init(instant: ContinuousClock.Instant, reading: ClockReading, local: LocalTime) {
        self.instant = instant
        self.reading = reading
        self.local = local
    }

    /// The present one.
    init(by clock: any GatewayClock) {
        instant = .now
        reading = clock.read()
        let milliseconds = reading.wallMilliseconds
        local = LocalTime(
            utcMilliseconds: milliseconds, offsetSeconds: LocalTime.offsetSeconds(utcMilliseconds: milliseconds))
    }
}
