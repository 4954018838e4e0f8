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
    private let events: CloudEventsMessages
    /// Bytes of JSON in one message: cut in half each time the broker finds a message of many records too large, and
    /// not raised again while the program runs.
    private let sizeTarget: Mutex<Int>

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
        var batching = MQTTUplinkConfiguration.Batching()
        switch configuration.format {
        case .raw(let keeps): keepsRetained = keeps
        case .cloudEvents(let wanted): batching = wanted
        }
        raw = RawMessages(gateway: gateway, keepsRetained: keepsRetained, hasProperties: isV5, clock: clock)
        events = CloudEventsMessages(gateway: gateway, batching: batching, hasProperties: isV5)
        sizeTarget = Mutex(batching.sizeTarget.rawValue)
    }

    /// Sends the batch at QoS 1; waits for a connection where there is none, for as long as the configuration says.
    public func send(_ batch: RecordBatch) async -> DeliveryOutcome {
        precondition(batch.gateway == gateway, "an uplink serves one gateway")
        if let outcome = await waitForConnection() { return outcome }
        switch configuration.format {
        case .raw: return await sendRaw(batch)
        case .cloudEvents(let batching): return await sendEvents(batch, recordsMax: batching.recordsMax)
        }
    }

    /// Sends word of a loss as one message of its own.
    public func send(_ loss: LostRange) async -> DeliveryOutcome {
        if let outcome = await waitForConnection() { return outcome }
        let topic = configuration.topic.bound(gateway: gateway, stream: loss.stream).topicWithoutRecord()
        let message: MQTTMessage
        switch configuration.format {
        case .raw: message = raw.message(for: loss, topic: topic)
        case .cloudEvents: message = events.message(for: loss, topic: topic)
        }
        let report = await publisher.publish(count: 1) { _ in message }
        switch PublishVerdict(report.ending) {
        case .complete: return .acknowledged(through: loss.last)
        case .transient(let reason, let isAlarm): return .retry(after: nil, reason: reason, isAlarm: isAlarm)
        case .tooLarge(let reason), .poison(let reason): return .reject(loss.first, reason: reason)
        }
    }

    /// Stops the publisher.
    public func close() async { await publisher.stop() }

    /// Nil when there is a connection, else the answer to give.
    private func waitForConnection() async -> DeliveryOutcome? {
        if publisher.isConnected { return nil }
        let (publisher, limit) = (publisher, configuration.connectionWait)
        let isConnected = await withTaskGroup(of: Bool.self) { group in
            group.addTask { await publisher.waitUntilConnected() }
            group.addTask {
                // Cancelled as soon as there is a connection; either way the wait is over.
                try? await Task.sleep(for: limit)
                return false
            }
            let first = await group.next() ?? false
            group.cancelAll()
            return first
        }
        return isConnected ? nil : .retry(after: nil, reason: "there is no connection to the broker", isAlarm: false)
    }

    private static let endedEarly = "the publisher ended before all messages were confirmed"

    // MARK: One message per record

    private func sendRaw(_ batch: RecordBatch) async -> DeliveryOutcome {
        let bound = configuration.topic.bound(gateway: gateway, stream: batch.stream)
        let prefix = "\(batch.gateway)/\(batch.stream)/\(batch.epoch)/"
        var count = batch.records.count
        var problem: String?
        if let unfit = batch.records.firstIndex(where: { bound.problem(with: $0) != nil }) {
            count = unfit
            problem = bound.problem(with: batch.records[unfit])
        }
        let report = await publisher.publish(count: count) { [raw] index in
            let record = batch.records[index]
            return raw.message(for: record, topic: bound.topic(for: record), identityPrefix: prefix)
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

    // MARK: Messages of many records

    /// Sends until all is confirmed or the broker stops it. A message that is refused for what it holds is sent again
    /// in smaller pieces, down to single records, so that only the one that is to blame is rejected.
    private func sendEvents(_ batch: RecordBatch, recordsMax: Int) async -> DeliveryOutcome {
        let topic = configuration.topic.bound(gateway: gateway, stream: batch.stream).topicWithoutRecord()
        var confirmed = 0
        // Up to here records go one by one: one of them made a message unacceptable.
        var singlesEnd = 0
        while confirmed < batch.records.count {
            let isSingle = confirmed < singlesEnd
            let plan = BatchPlan(
                batch.records, from: confirmed, upTo: isSingle ? singlesEnd : batch.records.count,
                recordsMax: isSingle ? 1 : recordsMax, sizeTarget: sizeTarget.withLock { $0 })
            let report = await publisher.publish(count: plan.messages.count) { [events] index in
                events.message(for: plan.messages[index], of: batch, topic: topic)
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
                    let size = batch.records[refused].reduce(0) { $0 + BatchPlan.sizeEstimate(of: $1) }
                    sizeTarget.withLock { $0 = max(1, min($0, size) / 2) }
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
