import MQTTTransport
import Records
import Synchronization

/// Sends records to one MQTT broker at QoS 1: joins a format and a publisher, and says what the broker's answers mean
/// for the cursor.
public final class MQTTUplink: Uplink {
    private let gateway: GatewayID
    private let configuration: MQTTUplinkConfiguration
    private let publisher: any MessagePublisher
    private let raw: RawMessages
    private let batches: BatchMessages
    private let size: Mutex<MessageSize>
    private let suspicion = Mutex(DropSuspicion())

    /// - Parameters:
    ///   - gateway: whose records these are.
    ///   - publisher: the connection; ``close()`` stops it.
    ///   - clock: measures how long a record lay in the log, to shorten its expiry.
    public init(
        gateway: GatewayID, configuration: MQTTUplinkConfiguration, publisher: any MessagePublisher,
        clock: any GatewayClock
    ) {
        self.gateway = gateway
        self.configuration = configuration
        self.publisher = publisher
        let isV5 = configuration.version == .v5
        var keepsRetained = false
        var format = BatchFormat.cloudevents
        var batching = MQTTUplinkConfiguration.Batching()
        switch configuration.format {
        case .raw(let keeps): keepsRetained = keeps
        case .batches(let kind, let wanted): (format, batching) = (kind, wanted)
        }
        raw = RawMessages(gateway: gateway, keepsRetained: keepsRetained, hasProperties: isV5, clock: clock)
        batches = BatchMessages(gateway: gateway, format: format, batching: batching, hasProperties: isV5)
        size = Mutex(MessageSize(max: batching.sizeTarget.rawValue))
    }

    /// Sends the batch at QoS 1; waits for a connection where there is none, for as long as the configuration says.
    public func send(_ batch: RecordBatch) async -> DeliveryOutcome {
        precondition(batch.gateway == gateway, "an uplink serves one gateway")
        let isConnected = await publisher.waitUntilConnected(within: configuration.connectionWait)
        switch configuration.format {
        case .raw:
            return await sendRaw(batch)
        case .batches(_, let batching):
            let outcome = await sendBatches(batch, recordsMax: batching.recordsMax)
            if case .retry(_, _, false) = outcome, isConnected { size.withLock { $0.cutWithoutProgress() } }
            if outcome == .acknowledged(through: batch.last) { size.withLock { $0.allConfirmed() } }
            return outcome
        }
    }

    /// Sends word of a loss as one message of its own.
    public func send(_ loss: LostRange) async -> DeliveryOutcome {
        _ = await publisher.waitUntilConnected(within: configuration.connectionWait)
        let topic = configuration.topic.bound(gateway: gateway, stream: loss.stream).topicWithoutRecord()
        let message: MQTTMessage
        switch configuration.format {
        case .raw: message = raw.message(for: loss, topic: topic)
        case .batches: message = batches.message(for: loss, topic: topic)
        }
        let report = await publisher.publish(count: 1) { _ in message }
        switch PublishVerdict(report.ending) {
        case .complete: return .acknowledged(through: loss.last)
        case .transient(let reason, let isAlarm): return .retry(after: nil, reason: reason, isAlarm: isAlarm)
        case .tooLarge(let reason), .poison(let reason): return .reject(loss.first, reason: reason)
        }
    }

    /// What the publisher's connections have moved.
    public var traffic: LinkTraffic { publisher.traffic }

    /// Lets the publisher connect.
    public func resume() async { await publisher.resume() }

    /// Lets the publisher take leave of the broker until ``resume()``.
    public func suspend() async { await publisher.suspend() }

    /// Stops the publisher.
    public func close() async { await publisher.stop() }

    private static let endedEarly = "the publisher ended before all messages were confirmed"

    // MARK: One message per record

    private func sendRaw(_ batch: RecordBatch) async -> DeliveryOutcome {
        if suspicion.withLock({ $0.isDue(batch) }) { return await tryFirst(of: batch) }
        let bound = boundTopic(of: batch)
        var count = batch.records.count
        var problem: String?
        if let unfit = batch.records.firstIndex(where: { bound.problem(with: $0) != nil }) {
            count = unfit
            problem = bound.problem(with: batch.records[unfit])
        }
        let report = await publishRaw(batch, 0..<count)
        suspicion.withLock { suspicion in
            if report.confirmed > 0 {
                suspicion.settled(batch)
            } else if case .dropped = report.ending {
                suspicion.dropped(batch)
            }
        }
        guard report.confirmed < count else {
            guard let problem else { return .acknowledged(through: batch.last) }
            return .reject(batch.records[count].sequence, reason: problem)
        }
        switch PublishVerdict(report.ending) {
        case .complete:
            return Self.outcome(of: batch, confirmed: report.confirmed, reason: Self.endedEarly, isAlarm: false)
        case .transient(let reason, let isAlarm):
            return Self.outcome(of: batch, confirmed: report.confirmed, reason: reason, isAlarm: isAlarm)
        case .tooLarge(let reason), .poison(let reason):
            return .reject(batch.records[report.confirmed].sequence, reason: reason)
        }
    }

    private func publishRaw(_ batch: RecordBatch, _ range: Range<Int>) async -> PublishReport {
        let bound = boundTopic(of: batch)
        let prefix = "\(batch.gateway)/\(batch.stream)/\(batch.epoch)/"
        return await publisher.publish(count: range.count) { [raw] index in
            let record = batch.records[range.lowerBound + index]
            return raw.message(
                for: record, topic: bound.topic(for: record), identityPrefix: prefix, delivery: batch.delivery)
        }
    }

    private func boundTopic(of batch: RecordBatch) -> BoundTopic {
        configuration.topic.bound(gateway: gateway, stream: batch.stream, limits: configuration.topicLimits)
    }

    /// Finds out whether the broker ends the connection over the first record and takes others: in turn it alone, and
    /// another one alone. What is sent as that other one comes again in its place.
    private func tryFirst(of batch: RecordBatch) async -> DeliveryOutcome {
        let first = batch.records[0]
        let bound = boundTopic(of: batch)
        let topic = bound.topic(for: first)
        for _ in 0..<DropSuspicion.proofs {
            let report = await publishAlone(0, of: batch)
            if report.confirmed > 0 {
                suspicion.withLock { $0.settled(batch) }
                return .acknowledged(through: first.sequence)
            }
            guard case .dropped(let reason) = report.ending else {
                return .retry(after: nil, reason: PublishVerdict(report.ending).reason, isAlarm: false)
            }
            guard let witness = suspicion.withLock({ $0.witness(in: batch) }),
                bound.problem(with: batch.records[witness]) == nil
            else {
                suspicion.withLock { $0.failed() }
                return .retry(after: nil, reason: "\(reason), over and over, at a record for '\(topic)'", isAlarm: true)
            }
            let comparison = await publishAlone(witness, of: batch)
            guard comparison.confirmed > 0 else {
                suspicion.withLock { $0.failed() }
                let text = "\(reason), over and over, at records for '\(topic)' and others"
                return .retry(after: nil, reason: text, isAlarm: !Task.isCancelled)
            }
        }
        suspicion.withLock { $0.settled(batch) }
        return .reject(
            first.sequence,
            reason:
                "the broker ends the connection over it, for '\(topic)', and takes others; it may not allow that topic")
    }

    private func publishAlone(_ index: Int, of batch: RecordBatch) async -> PublishReport {
        _ = await publisher.waitUntilConnected(within: configuration.connectionWait)
        return await publishRaw(batch, index..<index + 1)
    }

    // MARK: Messages of many records

    /// Sends until all is confirmed or the broker stops it. A message that is refused for what it holds is sent again
    /// in smaller pieces, down to single records, so that only the one that is to blame is rejected.
    private func sendBatches(_ batch: RecordBatch, recordsMax: Int) async -> DeliveryOutcome {
        let topic = configuration.topic.bound(gateway: gateway, stream: batch.stream).topicWithoutRecord()
        var confirmed = 0
        // Up to here records go one by one: one of them made a message unacceptable.
        var singlesEnd = 0
        while confirmed < batch.records.count {
            let isSingle = confirmed < singlesEnd
            let plan = BatchPlan(
                batch.records, from: confirmed, upTo: isSingle ? singlesEnd : batch.records.count,
                recordsMax: isSingle ? 1 : recordsMax, sizeTarget: size.withLock(\.target),
                sizeEstimate: batches.sizeEstimate)
            let report = await publisher.publish(count: plan.messages.count) { [batches] index in
                batches.message(for: plan.messages[index], of: batch, topic: topic)
            }
            if report.confirmed > 0 { confirmed = plan.messages[report.confirmed - 1].upperBound }
            guard report.confirmed < plan.messages.count else { continue }
            let refused = plan.messages[report.confirmed]
            switch PublishVerdict(report.ending) {
            case .complete:
                return Self.outcome(of: batch, confirmed: confirmed, reason: Self.endedEarly, isAlarm: false)
            case .transient(let reason, let isAlarm):
                return Self.outcome(of: batch, confirmed: confirmed, reason: reason, isAlarm: isAlarm)
            case .tooLarge(let reason), .poison(let reason):
                if refused.count == 1 { return .reject(batch.records[confirmed].sequence, reason: reason) }
                if case .tooLarge = PublishVerdict(report.ending) {
                    let estimate = batch.records[refused].reduce(0) { $0 + batches.sizeEstimate($1) }
                    size.withLock { $0.refused(size: estimate) }
                } else {
                    singlesEnd = refused.upperBound
                }
            }
        }
        return .acknowledged(through: batch.last)
    }

    /// What was confirmed counts first; the reason comes back with the next send if it is still there.
    private static func outcome(
        of batch: RecordBatch, confirmed: Int, reason: String, isAlarm: Bool
    ) -> DeliveryOutcome {
        if confirmed > 0 { return .acknowledged(through: batch.records[confirmed - 1].sequence) }
        return .retry(after: nil, reason: reason, isAlarm: isAlarm)
    }
}
