import AgentTestKit
import Records

/// One traced run of the agent: what it promised to the shop floor and told the centre, and when.
struct PowerCutRun: Sendable {
    let trace: SystemCallTrace
    let acknowledged: AcknowledgementTrace
    /// What was sent to the centre, in order.
    let sent: [(moment: Int, identity: Position, number: Int)]
    /// The last position of each evicted segment, with the moment at which its removal began.
    let evictions: [(moment: Int, through: Position)]

    init(_ trace: SystemCallTrace, floor: UInt16, centre: UInt16) {
        self.trace = trace
        acknowledged = AcknowledgementTrace(of: trace, peerPort: floor)
        sent = PublicationTrace(of: trace, peerPort: centre).publications.compactMap { publication in
            guard let text = publication.userProperties.first(where: { $0.name == "id" })?.value,
                let identity = RecordIdentity(text), let number = PowerCutMessage.number(publication.payload)
            else { return nil }
            return (publication.began, identity.position, number)
        }
        evictions = Self.evictions(in: trace)
    }

    /// What a power cut at `moment` must leave true, beside what held before the run.
    func promises(through moment: Int) -> PowerCutPromises {
        var promises = PowerCutPromises()
        let numbers = acknowledged.acknowledgements(through: moment).compactMap { PowerCutMessage.number($0.payload) }
        promises.acknowledged = Set(numbers)
        for message in sent where message.moment <= moment { promises.sent[message.identity] = message.number }
        promises.evictedThrough = evictions.last { $0.moment <= moment }?.through
        return promises
    }

    private static func evictions(in trace: SystemCallTrace) -> [(moment: Int, through: Position)] {
        var firsts = Set(trace.baseline.files.keys.compactMap(segment))
        for operation in trace.operations {
            if case .create(let file, _) = operation.action, let first = segment(trace.path(of: file)) {
                firsts.insert(first)
            }
        }
        let ordered = firsts.sorted()
        return trace.operations.compactMap { operation in
            guard case .remove(let file, _) = operation.action, let first = segment(trace.path(of: file)),
                let next = ordered.first(where: { $0 > first }), next.epoch == first.epoch
            else { return nil }
            let last = SequenceNumber(next.sequence.rawValue - 1)
            return (operation.began, Position(epoch: first.epoch, sequence: last))
        }
    }

    /// Where a segment file begins; nil for other files.
    private static func segment(_ path: String) -> Position? {
        guard path.hasPrefix("streams/telemetry/"), path.hasSuffix(".segment") else { return nil }
        let parts = path.split(separator: "/")[2].dropLast(".segment".count).split(separator: "-")
        guard parts.count == 2, let epoch = Epoch(parts[0]), let first = UInt64(parts[1]) else { return nil }
        return Position(epoch: epoch, sequence: SequenceNumber(first))
    }
}

/// What must be true of a log after a power cut.
struct PowerCutPromises: Sendable {
    /// Numbers of the messages whose PUBACK may have left.
    var acknowledged: Set<Int> = []
    /// What a consumer may have seen under which identity.
    var sent: [Position: Int] = [:]
    /// What stood under which identity in the whole history; later than the power cut too.
    var history: [Position: Int] = [:]
    /// Everything up to here was overwritten on purpose.
    var evictedThrough: Position?

    /// Adds what a further run, on what a power cut had left, promises.
    func followed(by later: PowerCutPromises) -> PowerCutPromises {
        var both = self
        both.acknowledged.formUnion(later.acknowledged)
        both.sent.merge(later.sent) { $1 }
        both.history.merge(later.history) { $1 }
        both.evictedThrough = [evictedThrough, later.evictedThrough].compactMap(\.self).max()
        return both
    }
}
