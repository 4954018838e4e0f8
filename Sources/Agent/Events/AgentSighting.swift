import LogStore
import Records

/// How everything was at one moment, as far as events tell of it.
struct AgentSighting {
    /// Something that is well or is not.
    struct Subject: Hashable, Sendable {
        enum Kind: Sendable { case link, uplink, device, range, disk, credential }

        let kind: Kind
        /// As in ``AgentEvent/part``.
        let part: String
        /// A port, a device, a reading of a device.
        let name: String
    }

    /// A subject and how it is.
    struct Condition {
        let subject: Subject
        let isWell: Bool
        /// How often it was not well so far; nil where nobody counts.
        var onsets: UInt64?
        /// The event that tells that it is well, or that it is not.
        let event: (_ isWell: Bool) -> AgentEvent
    }

    /// Parts that there are: a link of one that is gone is no news.
    var parts: Set<String> = []
    var conditions: [Condition] = []
    var losses: [RingLog.Loss] = []
    var clock: ClockReading
}
