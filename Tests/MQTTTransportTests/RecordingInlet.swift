import AgentTestKit
import MQTTTransport
import Synchronization
import Threads

/// An inlet that keeps what it gets, and commits as the test says.
final class RecordingInlet: MQTTInlet {
    struct Message: Sendable, Equatable {
        var topic: String
        var payload: [UInt8]
        var qos: Int
        var isRetained: Bool
        var isDuplicate: Bool
        var properties: MQTTProperties?

        var text: String { String(decoding: payload, as: UTF8.self) }
    }

    enum CommitAnswer: Sendable { case succeed, fail, block }

    private struct State {
        var uncommitted: [Message] = []
        var committed: [Message] = []
        var events: [MQTTConnectionEvent] = []
        var answer: CommitAnswer
        var isBlocked = false
        var isAccepting = true
    }

    private let gate: Gate<State>

    init(_ answer: CommitAnswer = .succeed) {
        gate = Gate(State(answer: answer))
    }

    func receive(topic: RawSpan, payload: RawSpan, details: MQTTMessageDetails) {
        let message = Message(
            topic: topic.withUnsafeBytes { String(decoding: $0, as: UTF8.self) },
            payload: payload.withUnsafeBytes { Array($0) }, qos: details.qos, isRetained: details.isRetained,
            isDuplicate: details.isDuplicate, properties: details.properties)
        gate.change { $0.uncommitted.append(message) }
    }

    func commit() -> Bool {
        gate.change { $0.isBlocked = $0.answer == .block }
        let answer = gate.wait { $0.answer == .block ? nil : $0.answer }
        return gate.change { state in
            state.isBlocked = false
            if answer == .succeed { state.committed += state.uncommitted }
            state.uncommitted = []
            return answer == .succeed
        }
    }

    var isAccepting: Bool { gate.withLock(\.isAccepting) }

    func connectionChanged(_ event: MQTTConnectionEvent) {
        gate.change { $0.events.append(event) }
    }

    var committed: [Message] { gate.withLock(\.committed) }
    var received: [Message] { gate.withLock { $0.committed + $0.uncommitted } }
    var events: [MQTTConnectionEvent] { gate.withLock(\.events) }
    /// A commit has begun and waits for the test.
    var isBlocked: Bool { gate.withLock(\.isBlocked) }

    func answer(_ answer: CommitAnswer) { gate.change { $0.answer = answer } }
    func setAccepting(_ isAccepting: Bool) { gate.change { $0.isAccepting = isAccepting } }

    /// The reasons of all disconnections so far.
    var reasons: [String] { events.compactMap(\.reason) }
}

extension MQTTConnectionEvent {
    var reason: String? {
        if case .disconnected(let reason, _) = self { return reason }
        return nil
    }

    var isConnected: Bool {
        if case .connected = self { return true }
        return false
    }
}

/// Keeps what a publisher tells.
final class EventLog: Sendable {
    private let log = Mutex<[MQTTConnectionEvent]>([])

    func append(_ event: MQTTConnectionEvent) { log.withLock { $0.append(event) } }
    var all: [MQTTConnectionEvent] { log.withLock(\.self) }
    var reasons: [String] { all.compactMap(\.reason) }
}

/// A configuration for tests: quick to come back.
func testConfiguration(
    _ port: UInt16, _ clientID: String, _ version: MQTTConfiguration.ProtocolVersion = .v5
) -> MQTTConfiguration {
    var configuration = MQTTConfiguration(host: "127.0.0.1", port: port, clientID: clientID)
    configuration.version = version
    configuration.reconnectDelayMin = .milliseconds(20)
    configuration.reconnectDelayMax = .milliseconds(200)
    return configuration
}

func startSubscriber(
    _ configuration: MQTTConfiguration, _ subscriptions: [MQTTSubscription], _ inlet: RecordingInlet,
    memory: (any MQTTSubscriptionMemory)? = nil, linger: Duration = .milliseconds(10)
) throws -> MQTTSubscriber {
    let subscriber = try MQTTSubscriber(
        configuration: configuration, subscriptions: subscriptions, memory: memory, linger: linger, inlet: inlet)
    try subscriber.start()
    return subscriber
}

func startPublisher(
    _ configuration: MQTTConfiguration, acknowledgementTimeout: Duration = .seconds(30), windowMax: Int = 1000,
    events: EventLog = EventLog()
) async throws -> MQTTPublisher {
    let publisher = try MQTTPublisher(
        configuration: configuration, acknowledgementTimeout: acknowledgementTimeout, windowMax: windowMax
    ) { events.append($0) }
    try publisher.start()
    return publisher
}

func message(_ topic: String, _ text: String, isRetained: Bool = false) -> MQTTMessage {
    MQTTMessage(topic: topic, payload: Array(text.utf8)[...], isRetained: isRetained)
}

/// A client that only publishes `texts` and leaves.
func publish(_ texts: [String], to topic: String, through port: UInt16, isRetained: Bool = false) async throws {
    let publisher = try await startPublisher(testConfiguration(port, "feeder"))
    guard await publisher.waitUntilConnected() else { throw TestKitError("the feeder does not connect") }
    let report = await publisher.publish(count: texts.count) { message(topic, texts[$0], isRetained: isRetained) }
    await publisher.stop()
    guard report.ending == .complete else { throw TestKitError("the feeder ended with \(report)") }
}

/// Makes the broker keep a session for `clientID` with a subscription, and leaves.
func prepareSession(_ configuration: MQTTConfiguration, _ filter: String) async throws {
    let inlet = RecordingInlet()
    let subscriber = try startSubscriber(configuration, [MQTTSubscription(filter: filter)], inlet)
    guard await eventually({ subscriber.isSubscribed }) else { throw TestKitError("no session: \(inlet.events)") }
    await subscriber.stop()
}
