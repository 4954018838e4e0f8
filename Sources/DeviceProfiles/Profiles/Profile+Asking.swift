import SerialIO

/// Who begins to speak, and when.
extension Profile {
    /// Whether it is asked; if not, it speaks by itself.
    public var isPolled: Bool { !speaksUnasked || !polls.isEmpty }

    /// Whether something may be heard of it that nobody has asked for: devices that have polls may speak by themselves
    /// too, those of a bus or a session do not.
    public var speaksUnasked: Bool {
        if framing.isKnownByRequest { return false }
        return modbus == nil && mbus == nil && sdi12 == nil && (iec62056.map { $0.mode == .push } ?? true)
    }

    /// How often it is asked: the shortest of its intervals; nil where it is not.
    public var pollInterval: Duration? {
        let intervals = [
            modbus?.every, mbus?.every, sdi12?.every, iec62056.flatMap { $0.mode == .push ? nil : $0.every },
        ]
        return (intervals.compactMap { $0 } + polls.map(\.every)).min()
    }

    /// Sets how often it is asked, or how often something of it is published.
    public mutating func set(every: Duration) {
        guard isPolled else {
            rate.every = every
            return
        }
        modbus?.every = every
        mbus?.every = every
        sdi12?.every = every
        iec62056?.every = every
        for index in polls.indices { polls[index].every = every }
    }

    /// Whether readings may wait, so that some go out although no frame comes.
    public var holdsReadings: Bool { rate.every != nil || collection != nil }
}
