import LogStore
import Records
import Uplinks

/// Everything that the demonstration shows, at one moment.
struct DemoSnapshot: Sendable {
    /// One serial port.
    struct Sensor: Sendable {
        /// What is at its other end.
        var devices: [Device]
        /// Lines of text, each of which must become a record; of devices with a profile the records themselves.
        var sent: UInt64
    }

    /// One device at a serial port.
    struct Device: Sendable {
        var name: String
        /// What it measured last, for people.
        var value: String
    }

    /// How the link to the centre is.
    struct Link: Sendable {
        var isUp = true
        /// Since when, on the demonstration's own clock.
        var since = Duration.zero
        /// Whether the forwarder's last attempt was confirmed.
        var isDelivering = false
    }

    /// Since the sources began.
    var elapsed = Duration.zero
    /// Messages of devices that the local broker has confirmed.
    var published: UInt64 = 0
    var sensors: [Sensor] = []

    var accepted: UInt64 = 0
    var forwarded: UInt64 = 0
    var held: UInt64 = 0
    var lost: UInt64 = 0
    var rejected: UInt64 = 0
    var segments = 0
    var size = ByteCount.bytes(0)
    var capacity = ByteCount.bytes(0)

    var link = Link()
    var centre = SequenceAudit().summary
    /// Messages at the centre that carried no identity.
    var unreadable: UInt64 = 0
    /// Whether the sources have stopped and the backlog is being drained.
    var isEnding = false

    /// What all sources together have sent.
    var sent: UInt64 { published + sensors.reduce(0) { $0 + $1.sent } }

    /// Whether everything that was sent is at the centre, or known to be lost.
    var isDrained: Bool { accepted == sent && held == 0 && centre.distinct + lost + rejected >= accepted }

    /// What does not add up; empty when all is right. Only once the sources have stopped.
    ///
    /// - Parameter isCutShort: the backlog was not waited for, so that something may be held or under way.
    func mistakes(isCutShort: Bool) -> [String] {
        var mistakes: [String] = []
        func check(_ holds: Bool, _ mistake: String) {
            if !holds { mistakes.append(mistake) }
        }
        check(
            accepted == forwarded + held + lost + rejected,
            "accepted \(accepted) is not forwarded \(forwarded) + held \(held) + lost \(lost) + rejected \(rejected)")
        check(
            accepted == sent,
            "accepted \(accepted) is not what was sent: \(published) from devices and \(sent - published) from sensors")
        if isCutShort {
            check(
                centre.distinct >= forwarded,
                "the centre has \(centre.distinct) records, fewer than the \(forwarded) that count as forwarded")
        } else {
            check(held == 0, "\(held) records are still held")
            check(
                centre.distinct + lost + rejected == accepted,
                "the centre has \(centre.distinct) records and knows of \(lost) lost ones, not of \(accepted)")
        }
        check(centre.outOfOrder == 0, "\(centre.outOfOrder) records came out of order")
        check(centre.missing == 0, "\(centre.missing) records are missing at the centre")
        check(centre.lost == lost || isCutShort, "the centre was told of \(centre.lost) lost records, not of \(lost)")
        check(unreadable == 0, "\(unreadable) messages at the centre carried no identity")
        check(sent > 0, "nothing was sent")
        return mistakes
    }
}
