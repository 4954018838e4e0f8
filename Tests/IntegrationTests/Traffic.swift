import AgentTestKit
import LogStore
import MQTTTransport
import Records
import Synchronization
import Testing
import Uplinks

/// A sensor on the shop floor: publishes numbered readings at QoS 1.
final class Sensor: Sendable {
    private let publisher: MQTTPublisher

    init(_ broker: Broker) async throws {
        publisher = try MQTTPublisher(
            configuration: .quick(port: broker.port, clientID: "sensor-\(UInt32.random(in: 0 ... .max))"),
            onEvent: { _ in })
        try publisher.start()
        guard await publisher.waitUntilConnected() else { throw TestKitError("the sensor has no broker") }
    }

    /// Publishes one reading per number, and returns when the shop floor's broker has all of them.
    ///
    /// - Parameter size: bytes of noise behind the number, of which compression saves no more than half.
    func publish(_ numbers: Range<Int>, size: Int = 0) async throws {
        let report = await publisher.publish(count: numbers.count) { index in
            let number = numbers.lowerBound + index
            return MQTTMessage(topic: "sensors/dev-\(number % 10)", payload: Sensor.payload(number, size: size)[...])
        }
        guard report.confirmed == numbers.count else { throw TestKitError("the sensor: \(report.ending)") }
    }

    /// Publishes one message as it is.
    func publish(topic: String, payload: [UInt8]) async throws {
        let report = await publisher.publish(count: 1) { _ in MQTTMessage(topic: topic, payload: payload[...]) }
        guard report.confirmed == 1 else { throw TestKitError("the sensor: \(report.ending)") }
    }

    /// Its thread would go on for ever.
    deinit { Task { [publisher] in await publisher.stop() } }

    private static func payload(_ number: Int, size: Int) -> [UInt8] {
        var bytes = Array("\(number) ".utf8)
        var state = UInt64(bitPattern: Int64(number)) &* 0x9E37_79B9_7F4A_7C15 | 1
        for _ in 0..<size / 8 {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            withUnsafeBytes(of: state) { word in
                for byte in word { bytes.append(0x40 | byte & 0x0F) }
            }
        }
        return bytes
    }
}

/// Somebody at the centre who reads everything that arrives there.
final class CentralInbox: Sendable {
    private struct State {
        var reader = DeliveredEventReader()
        var audit = SequenceAudit()
        var numbers: [Int] = []
        var records: [DeliveredRecord] = []
        var losses: [DeliveredLoss] = []
        var failures: [String] = []
    }

    private final class Inlet: MQTTInlet {
        let state: Mutex<State>
        let keepsRecords: Bool

        init(keepsRecords: Bool) {
            self.keepsRecords = keepsRecords
            state = Mutex(State())
        }

        func receive(topic: RawSpan, payload: RawSpan, details: MQTTMessageDetails) {
            let message = MQTTMessage(
                topic: topic.withUnsafeBytes { String(decoding: $0, as: UTF8.self) },
                payload: payload.withUnsafeBytes { Array($0) }[...], isRetained: details.isRetained,
                properties: details.properties)
            state.withLock { state in
                do {
                    for event in try state.reader.events(in: message) { note(event, in: &state) }
                } catch {
                    state.failures.append("\(message.topic): \(error)")
                }
            }
        }

        private func note(_ event: DeliveredEvent, in state: inout State) {
            state.audit.receive(event.identity)
            switch event {
            case .record(let record):
                let digits = record.payload.prefix { (0x30...0x39).contains($0) }
                if let number = Int(String(decoding: digits, as: UTF8.self)) { state.numbers.append(number) }
                if keepsRecords { state.records.append(record) }
            case .loss(let loss):
                state.losses.append(loss)
            }
        }

        func commit() -> Bool { true }
        var isAccepting: Bool { true }
        func connectionChanged(_ event: MQTTConnectionEvent) {}
    }

    private let inlet: Inlet
    private let subscriber: MQTTSubscriber
    /// Subscribes, and returns when the broker has granted it.
    ///
    /// - Parameters:
    ///   - filter: by default what ``RunningAgent`` forwards.
    ///   - keepsRecords: whether whole records are kept, or their numbers only.
    init(_ broker: Broker, filter: String = "gateways/#", keepsRecords: Bool = false) async throws {
        inlet = Inlet(keepsRecords: keepsRecords)
        subscriber = try MQTTSubscriber(
            configuration: .quick(port: broker.port, clientID: "inbox \(filter)"),
            subscriptions: [MQTTSubscription(filter: filter, isNoLocal: true)], linger: .zero, inlet: inlet)
        try subscriber.start()
        guard await eventually({ subscriber.isSubscribed }) else { throw TestKitError("no subscription at the centre") }
    }

    /// Its thread would go on for ever.
    deinit { Task { [subscriber] in await subscriber.stop() } }

    /// The numbers of the readings, in the order of arrival, repeated ones too.
    var numbers: [Int] { inlet.state.withLock(\.numbers) }
    /// The numbers in the order in which each arrived first.
    var firstArrivals: [Int] {
        var seen: Set<Int> = []
        return numbers.filter { seen.insert($0).inserted }
    }
    var records: [DeliveredRecord] { inlet.state.withLock(\.records) }
    var losses: [DeliveredLoss] { inlet.state.withLock(\.losses) }
    var summary: SequenceAudit.Summary { inlet.state.withLock { $0.audit.summary } }
    /// Messages that were no events.
    var failures: [String] { inlet.state.withLock(\.failures) }

    /// Waits until every one of these readings is there.
    func receives(_ numbers: Range<Int>, within limit: Duration = .seconds(60)) async -> Bool {
        await eventually(within: limit) {
            let arrived = self.numbers
            return arrived.count >= numbers.count && Set(arrived).isSuperset(of: numbers)
        }
    }

    /// Waits until so many records have arrived or are known to be lost.
    func accountsFor(_ count: Int, within limit: Duration = .seconds(60)) async -> Bool {
        await eventually(within: limit) {
            let summary = self.summary
            return summary.distinct + summary.lost >= UInt64(count)
        }
    }
}

extension MQTTConfiguration {
    /// For clients of a test on loopback.
    static func quick(port: UInt16, clientID: String) -> MQTTConfiguration {
        var configuration = MQTTConfiguration(host: "127.0.0.1", port: port, clientID: clientID)
        configuration.reconnectDelayMin = .milliseconds(10)
        configuration.reconnectDelayMax = .milliseconds(100)
        return configuration
    }
}

extension RunningAgent {
    /// Adds a table to the configuration.
    func configure(_ lines: String...) throws {
        try folder.write("millrace.toml", folder.read("millrace.toml") + lines.joined(separator: "\n") + "\n")
    }

    /// Adds an uplink to a port of 127.0.0.1, whatever is there.
    func addUplink(_ name: String = "central", port: UInt16, _ lines: String...) throws {
        try configure(
            """
            [uplinks.\(name)]
            url = "mqtt://127.0.0.1:\(port)"
            client_id = "gateway-1-\(name)"
            retry_min = "100ms"
            retry_max = "1s"
            """ + "\n" + lines.joined(separator: "\n"))
    }

    /// Adds an uplink whose link is never cut, and gives who reads what it sends: what has arrived there was taken in.
    func addWitness(_ lines: String...) async throws -> CentralInbox {
        try addUplink("witness", port: centre.port, "topic = \"witness/{gateway}\"", lines.joined(separator: "\n"))
        return try await CentralInbox(centre, filter: "witness/#")
    }

    /// What is in the log, once the agent has ended.
    func statistics() throws -> LogStatistics {
        let log = try RingLog(inspecting: logFolder, clock: ManualClock())
        defer { log.close() }
        return log.statistics()
    }

    /// Waits until some process so far has written a text.
    func everLogged(_ text: String, within limit: Duration = .seconds(60)) async -> Bool {
        await eventually(within: limit) { logText.contains(text) }
    }
}
