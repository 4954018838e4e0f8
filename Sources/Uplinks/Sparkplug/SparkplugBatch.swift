import MQTTTransport
import Records
import Synchronization

/// The messages of one batch of records, made one by one as the window has room: births and deaths of devices where
/// they are due, and one message of values for each record.
final class SparkplugBatch: Sendable {
    private struct Progress {
        /// The next record to tell of.
        var next = 0
        /// For each message made, the record that it tells of; nil for births and deaths.
        var made: [Int?] = []
        var mustBeBornAgain: Bool
        var births: ArraySlice<MQTTMessage> = []
        var problem: String?
        var readings: SparkplugReadings
    }

    private let batch: RecordBatch
    private let session: SparkplugSession
    private let clock: any GatewayClock
    private let hasProperties: Bool
    private let progress: Mutex<Progress>

    /// A record older than this when it is sent is history: not what is now.
    private static let currentAgeMax: Int64 = 10_000

    /// - Parameter mustBeBornAgain: whether the host has missed a message: the births come first then.
    init(
        _ batch: RecordBatch, session: SparkplugSession, clock: any GatewayClock, hasProperties: Bool,
        mustBeBornAgain: Bool
    ) {
        self.batch = batch
        self.session = session
        self.clock = clock
        self.hasProperties = hasProperties
        progress = Mutex(Progress(mustBeBornAgain: mustBeBornAgain, readings: SparkplugReadings()))
    }

    /// More messages than there can be.
    var countMax: Int { 3 * batch.records.count + SparkplugNode.devicesMax + 1 }

    /// The next message; nil at the end, at a record that can never be told of, and without a birth.
    func next() -> MQTTMessage? {
        let age = clock.read()
        return progress.withLock { progress in
            session.change { node, now in
                guard node.state == .born else { return nil }
                if progress.mustBeBornAgain {
                    progress.mustBeBornAgain = false
                    progress.births = node.births(milliseconds: now)[...]
                }
                if let birth = progress.births.popFirst() {
                    progress.made.append(nil)
                    return birth
                }
                guard progress.next < batch.records.count, progress.problem == nil else { return nil }
                return message(&progress, &node, clock: age)
            }
        }
    }

    /// The first record that was not told of, and why it can never be.
    var problem: (index: Int, reason: String)? {
        progress.withLock { progress in progress.problem.map { (progress.next, $0) } }
    }

    /// How many records, from the first, are confirmed when so many messages are.
    func recordsConfirmed(messages count: Int) -> Int {
        progress.withLock { progress in progress.made.prefix(count).last { $0 != nil }?.map { $0 + 1 } ?? 0 }
    }

    /// The record that the message with this number tells of, or the next one where it is a birth.
    func record(ofMessage number: Int) -> Int {
        progress.withLock { progress in
            progress.made.dropFirst(number).first { $0 != nil }.flatMap(\.self) ?? progress.next
        }
    }

    private func message(
        _ progress: inout Progress, _ node: inout SparkplugNode, clock: ClockReading
    ) -> MQTTMessage? {
        let record = batch.records[progress.next]
        let device = SparkplugTopics.device(of: record)
        let metrics = progress.readings.metrics(of: record, isHistorical: isHistorical(record, clock))
        if let problem = node.problem(of: device, metrics) {
            progress.problem = problem
            return nil
        }
        let now = clock.wallMilliseconds
        if let before = node.messageBefore(device, metrics, milliseconds: now) {
            progress.made.append(nil)
            return before
        }
        progress.made.append(progress.next)
        progress.next += 1
        var message = node.values(of: device, metrics, milliseconds: now)
        if hasProperties { message.properties = properties(of: record) }
        return message
    }

    private func isHistorical(_ record: Record, _ clock: ClockReading) -> Bool {
        guard batch.delivery == .live, record.time.boot == clock.boot else { return true }
        return clock.bootMilliseconds - record.time.bootMilliseconds > Self.currentAgeMax
    }

    /// Identity and marks, for which Sparkplug has no place: as in the format `raw`.
    private func properties(of record: Record) -> MQTTProperties {
        var own = [MQTTProperties.UserProperty(name: "id", value: batch.identity(of: record).description)]
        if record.time.quality != .synchronised {
            own.append(.init(name: "timequality", value: CloudEvents.name(of: record.time.quality)))
        }
        if let previous = batch.previous(of: record) {
            own.append(.init(name: "previous", value: previous.description))
        }
        if batch.delivery != .live { own.append(.init(name: batch.delivery.rawValue, value: "true")) }
        if record.isRetained { own.append(.init(name: "retained", value: "true")) }
        LoopGuard.append(path: LoopGuard.path(of: record), gateway: batch.gateway, to: &own)
        return MQTTProperties(userProperties: own)
    }
}
