import AgentTestKit
import Records
import Synchronization
import Uplinks

@testable import KafkaUplink

/// Names, records and uplinks for tests.
enum Sample {
    static let gateway = GatewayID("plant7-gw2")!
    static let epoch = Epoch(rawValue: 0x0000_0100_0000_00AB)
    static let boot = BootID(high: 0x0123_4567_89AB_CDEF, low: 0xFEDC_BA98_7654_3210)
    /// 2026-08-23T09:14:05.123Z
    static let milliseconds: Int64 = 1_787_476_445_123

    static func record(
        _ sequence: UInt64, topic: String? = nil, payload: some Sequence<UInt8> = "21.5".utf8,
        quality: RecordTime.Quality = .synchronised, properties: RecordProperties? = nil
    ) -> Record {
        let time = RecordTime(
            wallMilliseconds: milliseconds + Int64(sequence), quality: quality, boot: boot, bootMilliseconds: 4_000)
        return Record(
            sequence: SequenceNumber(sequence), topic: topic ?? "sensors/hall3/t\(sequence % 7)",
            payload: Array(payload)[...], time: time, properties: properties)
    }

    static func batch(_ records: [Record], delivery: RecordBatch.Delivery = .live) -> RecordBatch {
        RecordBatch(gateway: gateway, stream: .telemetry, epoch: epoch, records: records, delivery: delivery)
    }

    /// Records that follow one another, each with its number as JSON payload, of seven devices in turn.
    static func batch(_ range: ClosedRange<UInt64>) -> RecordBatch {
        batch(range.map { record($0, payload: "{\"n\":\($0)}".utf8) })
    }

    static func id(_ sequence: UInt64) -> String { "\(gateway)/telemetry/\(epoch)/\(sequence)" }

    static let loss = LostRange(
        stream: .telemetry, epoch: epoch, first: SequenceNumber(3), last: SequenceNumber(9), bytes: 1234,
        reason: .overwritten, wallMilliseconds: milliseconds)
}

/// A producer of a mock cluster, its uplink, and what was told of it.
final class Fixture: Sendable {
    let uplink: KafkaProducerUplink
    private let log = EventLog()

    /// What the producer has told, in order.
    var events: [KafkaEvent] { log.events }

    init(
        _ brokers: [String], topic: String = "telemetry", key: String = "{device}",
        format: KafkaUplinkConfiguration.Format = .raw,
        _ change: (inout KafkaConfiguration) -> Void = { _ in }
    ) throws {
        var configuration = KafkaConfiguration(brokers: brokers, clientID: "test")
        configuration.reconnectDelayMin = .milliseconds(20)
        configuration.reconnectDelayMax = .milliseconds(100)
        change(&configuration)
        let producer = try KafkaProducer(configuration: configuration) { [log] in log.append($0) }
        uplink = KafkaProducerUplink(
            gateway: Sample.gateway,
            configuration: try KafkaUplinkConfiguration(
                topic: KafkaTemplate(topic, for: .topic), key: KafkaTemplate(key, for: .key), format: format),
            producer: producer)
    }
}

/// What a producer has told, in order.
final class EventLog: Sendable {
    private let state = Mutex<[KafkaEvent]>([])

    var events: [KafkaEvent] { state.withLock { $0 } }

    func append(_ event: KafkaEvent) { state.withLock { $0.append(event) } }
}

extension KafkaProducerUplink {
    /// Sends a batch until all of it is settled, as a forwarder does.
    ///
    /// - Returns: what was rejected and why, and the reasons of the retries in between.
    func sendAll(
        _ batch: RecordBatch, retriesMax: Int = 20
    ) async -> (rejected: [(UInt64, String)], retries: [String], isComplete: Bool) {
        var records = batch.records[...]
        var rejected: [(UInt64, String)] = []
        var retries: [String] = []
        while let first = records.first {
            let rest = RecordBatch(
                gateway: batch.gateway, stream: batch.stream, epoch: batch.epoch, records: Array(records),
                delivery: batch.delivery)
            switch await send(rest) {
            case .acknowledged(let sequence):
                records = records.dropFirst(Int(sequence.rawValue - first.sequence.rawValue) + 1)
            case .reject(let sequence, let reason):
                rejected.append((sequence.rawValue, reason))
                records = records.dropFirst(Int(sequence.rawValue - first.sequence.rawValue) + 1)
            case .retry(_, let reason, _):
                retries.append(reason)
                if retries.count > retriesMax { return (rejected, retries, false) }
            }
        }
        return (rejected, retries, true)
    }
}
