import AgentTestKit
import MQTTTransport
import Synchronization

/// Numbered readings of some devices, published to the shop floor's broker at QoS 1: what must arrive at the centre.
final class KillLoad: Sendable {
    /// Readings go round them.
    static let deviceCount = 20

    private let publisher: MQTTPublisher
    private let count = Mutex(0)
    private let isFinished = Mutex(false)

    init(to broker: Broker) async throws {
        publisher = try MQTTPublisher(
            configuration: MQTTConfiguration(host: "127.0.0.1", port: broker.port, clientID: "load"),
            onEvent: { _ in })
        try publisher.start()
        _ = await publisher.waitUntilConnected()
    }

    /// Readings that the broker has confirmed.
    var published: Int { count.withLock { $0 } }

    /// How many of them are of one device.
    func published(of device: Int) -> Int { (published + Self.deviceCount - 1 - device) / Self.deviceCount }

    /// Publishes the next readings and returns when the broker has confirmed them.
    func publish(_ more: Int) async throws {
        let start = published
        let report = await publisher.publish(count: more) { index in
            let (number, device) = (start + index).quotientAndRemainder(dividingBy: Self.deviceCount)
            return MQTTMessage(topic: Self.topic(device), payload: Self.payload(device, number)[...])
        }
        guard report.ending == .complete else { throw TestKitError("the load was not taken: \(report)") }
        count.withLock { $0 += more }
    }

    /// Publishes about 2,000 readings a second until ``finish()``.
    func run() async throws {
        while !isFinished.withLock({ $0 }) {
            try await publish(50)
            try await Task.sleep(for: .milliseconds(25))
        }
    }

    /// Lets ``run()`` return when what it publishes has been confirmed: nobody would know how far a call that is
    /// cancelled has come.
    func finish() { isFinished.withLock { $0 = true } }

    func stop() async { await publisher.stop() }

    static func topic(_ device: Int) -> String { "sensors/\(device)" }

    /// The reading with this number, counted from 0 for each device.
    static func payload(_ device: Int, _ number: Int) -> [UInt8] { Array("[\(device),\(number)]".utf8) }

    /// Device and number of a payload; nil for anything else.
    static func reading(_ payload: [UInt8]) -> (device: Int, number: Int)? {
        let parts = String(decoding: payload.dropFirst().dropLast(), as: UTF8.self).split(separator: ",")
        guard parts.count == 2, let device = Int(parts[0]), let number = Int(parts[1]), device < deviceCount,
            payload == self.payload(device, number)
        else { return nil }
        return (device, number)
    }
}
