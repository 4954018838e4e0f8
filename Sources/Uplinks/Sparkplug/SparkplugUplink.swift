import MQTTTransport
import Records
import Synchronization

/// An edge node of Eclipse Sparkplug B 3.0 at one MQTT server: the gateway is the node, and what its records are of are
/// devices.
///
/// Everything is published at QoS 1. The standard asks for QoS 0, which nobody confirms: a cursor that moved on it
/// would call delivered what is lost (promise P2). Servers and hosts take either.
public final class SparkplugUplink: Uplink {
    private let gateway: GatewayID
    private let publisher: any MessagePublisher
    private let session: SparkplugSession
    private let clock: any GatewayClock
    private let hasProperties: Bool
    private let connectionWait: Duration
    /// Whether the host has missed a number, because a message was made and not taken.
    private let hasGap = Mutex(false)

    /// - Parameters:
    ///   - gateway: whose records these are.
    ///   - configuration: the node's names.
    ///   - clock: gives messages their time.
    ///   - makePublisher: makes the connection, which is to hold this conversation; ``close()`` stops it.
    /// - Throws: what `makePublisher` throws.
    public init(
        gateway: GatewayID, configuration: SparkplugConfiguration, clock: any GatewayClock,
        makePublisher: (any MQTTConversation) throws -> any MessagePublisher
    ) rethrows {
        self.gateway = gateway
        self.clock = clock
        hasProperties = configuration.version == .v5
        connectionWait = configuration.connectionWait
        session = SparkplugSession(topics: configuration.topics, clock: clock)
        publisher = try makePublisher(session)
    }

    /// Sends one message of values for each record; waits for a connection, and for the primary host, for as long as
    /// the configuration says.
    public func send(_ batch: RecordBatch) async -> DeliveryOutcome {
        precondition(batch.gateway == gateway, "an uplink serves one gateway")
        if let reason = await reasonToWait() { return .retry(after: nil, reason: reason, isAlarm: false) }
        let messages = SparkplugBatch(
            batch, session: session, clock: clock, hasProperties: hasProperties,
            mustBeBornAgain: hasGap.withLock { gap in
                defer { gap = false }
                return gap
            })
        let report = await publisher.publish(count: messages.countMax) { _ in messages.next() }
        let verdict = PublishVerdict(report.ending)
        if report.ending != .exhausted, report.ending != .complete { hasGap.withLock { $0 = true } }
        let confirmed = messages.recordsConfirmed(messages: report.confirmed)
        switch verdict {
        case .tooLarge(let reason), .poison(let reason):
            // A birth that is too large names the record that it was made for: all its metrics are the device's.
            return .reject(batch.records[messages.record(ofMessage: report.confirmed)].sequence, reason: reason)
        case .transient(let reason, let isAlarm):
            if confirmed > 0 { return .acknowledged(through: batch.records[confirmed - 1].sequence) }
            return .retry(after: nil, reason: reason, isAlarm: isAlarm)
        case .complete:
            if let problem = messages.problem, confirmed == problem.index {
                return .reject(batch.records[problem.index].sequence, reason: problem.reason)
            }
            if confirmed > 0 { return .acknowledged(through: batch.records[confirmed - 1].sequence) }
            return .retry(after: nil, reason: Self.notBorn, isAlarm: false)
        }
    }

    /// Sends word of a loss as values of the node.
    public func send(_ loss: LostRange) async -> DeliveryOutcome {
        if let reason = await reasonToWait() { return .retry(after: nil, reason: reason, isAlarm: false) }
        let report = await publisher.publish(count: 1) { [session, hasProperties, gateway] _ in
            session.change { node, now in
                guard node.state == .born else { return nil }
                var message = node.loss(loss, milliseconds: now)
                if hasProperties {
                    let id = LossIdentity(gateway: gateway, loss: loss).description
                    message.properties = MQTTProperties(userProperties: [.init(name: "id", value: id)])
                }
                return message
            }
        }
        if report.ending != .complete { hasGap.withLock { $0 = true } }
        switch PublishVerdict(report.ending) {
        case .complete where report.confirmed == 1: return .acknowledged(through: loss.last)
        case .complete: return .retry(after: nil, reason: Self.notBorn, isAlarm: false)
        case .transient(let reason, let isAlarm): return .retry(after: nil, reason: reason, isAlarm: isAlarm)
        case .tooLarge(let reason), .poison(let reason): return .reject(loss.first, reason: reason)
        }
    }

    /// What the publisher's connections have moved.
    public var traffic: LinkTraffic { publisher.traffic }

    /// Lets the publisher connect.
    public func resume() async { await publisher.resume() }

    /// Says the node's death and takes leave of the broker until ``resume()``.
    public func suspend() async { await publisher.suspend() }

    /// Says the node's death and stops the publisher.
    public func close() async { await publisher.stop() }

    private static let notBorn = "the connection was lost before the node was born"

    /// Why nothing can be sent now, after some waiting; nil where the node is born.
    private func reasonToWait() async -> String? {
        let deadline = ContinuousClock.now + connectionWait
        _ = await publisher.waitUntilConnected(within: connectionWait)
        while publisher.isConnected, session.state != .born, ContinuousClock.now < deadline {
            // Cancelled: the state says what there is to say.
            do { try await Task.sleep(for: .milliseconds(50)) } catch { break }
        }
        switch session.state {
        case .born: return nil
        case .waitingForHost: return "the primary host is offline"
        // The publisher says why there is no connection.
        case .away: return await publisher.publish(count: 1) { _ in nil }.reasonOfEnd ?? Self.notBorn
        }
    }
}

extension PublishReport {
    /// Why there is no connection.
    fileprivate var reasonOfEnd: String? {
        switch ending {
        case .disconnected(let reason), .barred(let reason), .dropped(let reason): reason
        case .complete, .refused, .unsendable, .timedOut, .exhausted: nil
        }
    }
}
