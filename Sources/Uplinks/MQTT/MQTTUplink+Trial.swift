import MQTTTransport
import Records
import Synchronization

/// Whether the broker hangs up over one record.
extension MQTTUplink {
    /// Finds out whether the broker ends the connection over the first record and takes others: in turn it alone, and
    /// another one alone. What is sent as that other one comes again in its place.
    func tryFirst(of batch: RecordBatch) async -> DeliveryOutcome {
        let first = batch.records[0]
        for _ in 0..<DropSuspicion.proofs {
            let report = await publishAlone(0, of: batch)
            guard case .dropped(let reason) = report.ending else {
                // Whatever it is, it is no hanging up: the next send tells.
                suspicion.withLock { $0.settled(batch) }
                if report.confirmed > 0 { return .acknowledged(through: first.sequence) }
                return .retry(after: nil, reason: PublishVerdict(report.ending).reason, isAlarm: false)
            }
            guard let witness = suspicion.withLock({ $0.witness(in: batch) }) else {
                return .retry(
                    after: nil, reason: "\(reason), over and over, at a record of '\(first.topic)'", isAlarm: true)
            }
            let comparison = await publishAlone(witness, of: batch)
            guard comparison.confirmed > 0 else {
                suspicion.withLock { $0.failed() }
                let other = batch.records[witness].topic
                return .retry(
                    after: nil, reason: "\(reason), over and over, at records of '\(first.topic)' and of '\(other)'",
                    isAlarm: !Task.isCancelled)
            }
        }
        suspicion.withLock { $0.settled(batch) }
        return .reject(
            first.sequence,
            reason:
                "the broker hangs up over it, of '\(first.topic)' and \(first.payload.count) bytes, and takes others; "
                + "it may not allow that topic or that size")
    }

    /// Publishes one record as a message of its own.
    private func publishAlone(_ index: Int, of batch: RecordBatch) async -> PublishReport {
        _ = await publisher.waitUntilConnected(within: configuration.connectionWait)
        let topic = boundTopic(of: batch)
        switch configuration.format {
        case .raw:
            guard topic.problem(with: batch.records[index]) == nil else {
                return PublishReport(confirmed: 0, ending: .unsendable(reason: "no topic"))
            }
            return await publishRaw(batch, index..<index + 1)
        case .batches:
            let text = topic.standard.topicWithoutRecord()
            return await publisher.publish(count: 1) { [batches] _ in
                batches.message(for: index..<index + 1, of: batch, topic: text)
            }
        }
    }
}
