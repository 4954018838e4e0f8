import Records
import Synchronization
import Uplinks

/// Sends records to one Kafka cluster: joins a format and a producer, and says what the delivery reports mean for the
/// cursor.
///
/// A cursor moves to the last record before which all are confirmed by all replicas in sync (`acks=all`). What comes
/// behind is sent again, with the same identity, by a new producer: see ``KafkaProducer``.
public final class KafkaProducerUplink: Uplink {
    private let gateway: GatewayID
    private let producer: any MessageProducer
    private let messages: KafkaMessages
    private let recordsMax: Int
    private let messagesConfirmed = Atomic<UInt64>(0)
    /// Bytes of a message of many records that this cluster takes; found out, and kept.
    private let sizeTarget: Mutex<Int>

    /// - Parameters:
    ///   - gateway: whose records these are.
    ///   - producer: ``close()`` stops it.
    public convenience init(gateway: GatewayID, configuration: KafkaUplinkConfiguration, producer: KafkaProducer) {
        self.init(gateway: gateway, configuration: configuration, delivering: producer)
    }

    init(gateway: GatewayID, configuration: KafkaUplinkConfiguration, delivering producer: any MessageProducer) {
        self.gateway = gateway
        self.producer = producer
        var batching: KafkaUplinkConfiguration.Batching?
        if case .batched(let wanted) = configuration.format { batching = wanted }
        recordsMax = batching?.recordsMax ?? 1
        sizeTarget = Mutex(batching?.sizeTarget.rawValue ?? 0)
        messages = KafkaMessages(
            gateway: gateway, topic: configuration.topic, key: configuration.key, encoder: batching?.encoder())
    }

    /// Sends the batch and waits for its delivery reports.
    ///
    /// What is refused for what it holds is sent again in smaller pieces, down to single records, so that only the one
    /// that is to blame is rejected. What is refused for its time is sent with the time of sending.
    public func send(_ batch: RecordBatch) async -> DeliveryOutcome {
        precondition(batch.gateway == gateway, "an uplink serves one gateway")
        var search = RefusalSearch(count: batch.records.count)
        var undatedEnd = 0
        var isTooLarge = false
        while var piece = search.next {
            if let (index, reason) = messages.unfit(piece, of: batch) {
                guard index > piece.lowerBound else {
                    return .reject(batch.records[index].sequence, reason: reason)
                }
                piece = piece.lowerBound..<index
            }
            let plan = messages.plan(
                piece, of: batch, recordsMax: search.isNarrowing ? min(recordsMax, piece.count) : recordsMax,
                sizeTarget: sizeTarget.withLock { $0 })
            let undated = undatedEnd
            let report = await producer.deliver(count: plan.count) { [messages] index, message in
                let range = plan[index]
                messages.fill(&message, with: range, of: batch, isUndated: range.lowerBound < undated)
            }
            messagesConfirmed.wrappingAdd(UInt64(report.confirmed), ordering: .relaxed)
            if report.confirmed > 0 { search.confirmed(upTo: plan[report.confirmed - 1].upperBound) }
            switch report.trouble {
            case nil: continue
            case .transient(let reason, let isAlarm):
                return Self.outcome(of: batch, confirmed: search.confirmed, reason: reason, isAlarm: isAlarm)
            case .refused(let range, let refusal, let reason):
                let records = plan[range.lowerBound].lowerBound..<plan[range.upperBound - 1].upperBound
                if refusal == .untimely, undatedEnd < records.upperBound {
                    undatedEnd = records.upperBound
                    continue
                }
                isTooLarge = isTooLarge || refusal == .tooLarge
                if let culprit = search.refused(records, of: piece) {
                    return .reject(batch.records[culprit].sequence, reason: reason)
                }
            }
        }
        if isTooLarge { makeSmaller() }
        return .acknowledged(through: batch.last)
    }

    /// Sends word of a loss as one message of its own.
    public func send(_ loss: LostRange) async -> DeliveryOutcome {
        let report = await producer.deliver(count: 1) { [messages] _, message in messages.fill(&message, with: loss) }
        switch report.trouble {
        case nil: return .acknowledged(through: loss.last)
        case .transient(let reason, let isAlarm): return .retry(after: nil, reason: reason, isAlarm: isAlarm)
        case .refused(_, _, let reason): return .reject(loss.first, reason: reason)
        }
    }

    /// What the producer's connections have moved, and the messages that were confirmed.
    public var traffic: LinkTraffic {
        var traffic = producer.traffic
        traffic.messages = messagesConfirmed.load(ordering: .relaxed)
        return traffic
    }

    /// Connects, so that the first record does not wait for it.
    public func resume() async { producer.resume() }

    /// Closes all connections; not even a keep-alive crosses the link then.
    public func suspend() async { await producer.suspend() }

    /// Stops the producer.
    public func close() async { await producer.stop() }

    /// Records were refused together and taken apart: together they were too large for this cluster.
    private func makeSmaller() {
        sizeTarget.withLock { $0 = max(Self.sizeTargetMin, $0 / 2) }
        producer.makeSmallerSets()
    }

    private static let sizeTargetMin = 1024

    /// What was confirmed counts first; the reason comes back with the next send if it is still there.
    private static func outcome(
        of batch: RecordBatch, confirmed: Int, reason: String, isAlarm: Bool
    ) -> DeliveryOutcome {
        if confirmed > 0 { return .acknowledged(through: batch.records[confirmed - 1].sequence) }
        return .retry(after: nil, reason: reason, isAlarm: isAlarm)
    }
}
