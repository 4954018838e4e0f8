import Records

extension GatewayClock {
    /// Seconds since 1970, for what is signed with the time.
    ///
    /// - Throws: ``SigningFailure`` where the clock was never set. That passes by itself when the time arrives, so it
    ///   is no alarm.
    func signingSeconds() throws(SigningFailure) -> Int64 {
        let seconds = read().wallMilliseconds / 1000
        // 2025-01-01: a clock that shows less has never been set.
        guard seconds >= 1_735_689_600 else {
            throw SigningFailure(
                "the gateway's clock is not set, and without the time nothing can be signed; waiting for the time",
                isAlarm: false)
        }
        return seconds
    }
}
