import Agent
import MQTTTransport
import Records
import Synchronization

/// Tries a broker: connection, certificate, login, and what may be subscribed to. It never takes a session over: a
/// client id of its own is used, and nothing is published.
struct BrokerProbe: Sendable {
    let part: String
    let address: BrokerAddress
    let configuration: MQTTConfiguration
    /// What is subscribed to; empty for a destination.
    let filters: [String]
    var limit = Duration.seconds(15)
    /// What a person can do where it does not let us in.
    private var advice: String?

    init(_ source: MQTTSourceConfiguration) {
        part = "mqtt.\(source.name)"
        address = source.broker.address
        configuration = Self.probing(source.broker.mqttConfiguration())
        // A subscriber of a shared subscription takes messages from the others.
        filters = source.routes.map(\.filter).filter { !$0.hasPrefix("$share/") }
    }

    init(_ uplink: UplinkConfiguration, _ destination: MQTTDestination) {
        part = "uplinks.\(uplink.name)"
        address = destination.broker.address
        configuration = Self.probing(destination.mqttConfiguration(of: uplink))
        filters = []
        if destination.preset == .awsIoT {
            advice =
                "AWS says no more: is the certificate active, and has it a policy with iot:Connect for the client "
                + "\(destination.broker.clientID)? This test is \(configuration.clientID)"
        }
    }

    private static func probing(_ configuration: MQTTConfiguration) -> MQTTConfiguration {
        var probing = configuration
        probing.clientID += "-selftest"
        probing.sessionExpiry = .zero
        // Its end is no death.
        probing.will = nil
        probing.reconnectDelayMin = .seconds(60)
        return probing
    }

    func finding() async -> Finding {
        let ear = Ear()
        let began = ContinuousClock.now
        let subscriptions = filters.map { MQTTSubscription(filter: $0, retained: .ignore) }
        let subscriber: MQTTSubscriber
        do {
            subscriber = try MQTTSubscriber(
                configuration: configuration, subscriptions: subscriptions, linger: .milliseconds(100), inlet: ear)
            try subscriber.start()
        } catch {
            return Finding(.bad, part, error.message)
        }
        while ContinuousClock.now - began < limit, !ear.isSettled, !(subscriber.isConnected && subscriber.isSubscribed)
        {
            // Cancellation ends the wait.
            guard (try? await Task.sleep(for: .milliseconds(20))) != nil else { break }
        }
        let seconds = (ContinuousClock.now - began) / .seconds(1)
        let isConnected = subscriber.isConnected
        await subscriber.stop()
        return finding(ear.current, isConnected: isConnected, seconds: seconds)
    }

    private func finding(_ heard: Ear.Heard, isConnected: Bool, seconds: Double) -> Finding {
        let figures = [Finding.Figure(name: "connect_seconds", value: seconds)]
        if let refusal = heard.refusals.first {
            return Finding(
                .bad, part, "\(address) refuses the subscription to '\(refusal.filter)': \(refusal.reason)",
                advice: "the broker's access list must let this user read it", figures: figures)
        }
        guard isConnected else {
            return Finding(
                .bad, part, heard.problem ?? "\(address) did not answer in \((limit / .seconds(1)).text(0)) s",
                advice: advice, figures: figures)
        }
        var text = "\(address) lets us in" + (configuration.username.map { " as \($0)" } ?? "")
        text += ", in \(DiskJudgement.time(seconds))"
        if configuration.tls != nil { text += ", its certificate is good" }
        if !filters.isEmpty { text += ", and grants \(filters.count == 1 ? "the subscription" : "all subscriptions")" }
        return Finding(
            .good, part, text,
            advice: filters.isEmpty && part.hasPrefix("uplinks.")
                ? "whether it takes what is published shows with the first record: a test would send something" : nil,
            figures: figures)
    }

    /// Hears what becomes of the connection; what arrives is left to those that it is for.
    private final class Ear: MQTTInlet {
        struct Heard: Sendable {
            var problem: String?
            var refusals: [(filter: String, reason: String)] = []
        }

        private let heard = Mutex(Heard())

        var current: Heard { heard.withLock { $0 } }
        var isSettled: Bool { heard.withLock { $0.problem != nil || !$0.refusals.isEmpty } }
        let isAccepting = true

        func receive(topic: RawSpan, payload: RawSpan, details: MQTTMessageDetails) {}
        func commit() -> Bool { true }

        func connectionChanged(_ event: MQTTConnectionEvent) {
            heard.withLock { heard in
                switch event {
                case .disconnected(let reason, _): heard.problem = heard.problem ?? reason
                case .subscriptionRefused(let filter, let reason): heard.refusals.append((filter, reason))
                case .connected, .subscriptionDowngraded, .sessionTakenOver, .messageRefused: break
                case .leftover, .unsubscribed, .unsubscriptionFailed: break
                }
            }
        }
    }
}
