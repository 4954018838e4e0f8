import AgentTestKit
import Glibc
import MQTTTransport
import Synchronization

/// The messages of the power cut tests: each carries its number, and no compression makes it smaller.
enum PowerCutMessage {
    /// Bytes of a payload.
    static let size = 4000
    /// Numbers go from 0 to below this.
    static let countMax = 4000

    /// All payloads by their number, made once: images are held against them by the hundred thousand.
    private static let table: [[UInt8]] = (0..<countMax).map { number in
        var random = SeededGenerator(seed: UInt64(number))
        var bytes = Array("\(number):".utf8)
        while bytes.count < size { withUnsafeBytes(of: random.next()) { bytes.append(contentsOf: $0) } }
        return Array(bytes.prefix(size))
    }

    static func payload(_ number: Int) -> [UInt8] { table[number] }

    static func topic(_ number: Int) -> String { "sensors/\(number % 7)" }

    /// The number of a payload; nil unless every byte is right.
    static func number(_ payload: some Collection<UInt8>) -> Int? {
        let digits = payload.prefix { $0 != UInt8(ascii: ":") }
        guard digits.count < 10, let number = Int(String(decoding: digits, as: UTF8.self)), number < countMax else {
            return nil
        }
        let bytes = Array(payload)
        let isEqual = bytes.count == size && memcmp(bytes, table[number], size) == 0
        return isEqual ? number : nil
    }

    /// Publishes messages to the shop floor's broker.
    static func publish(_ numbers: Range<Int>, with publisher: MQTTPublisher) async throws {
        let report = await publisher.publish(count: numbers.count) { index in
            let number = numbers.lowerBound + index
            return MQTTMessage(topic: topic(number), payload: payload(number)[...])
        }
        guard report.ending == .complete else { throw TestKitError("the messages were not taken: \(report)") }
    }
}

/// Notes which messages have arrived at the centre.
final class PowerCutConsumer: Sendable {
    private final class Inbox: MQTTInlet {
        let numbers = Mutex<Set<Int>>([])

        func receive(topic: RawSpan, payload: RawSpan, details: MQTTMessageDetails) {
            let number = payload.withUnsafeBytes { PowerCutMessage.number($0) }
            if let number { numbers.withLock { _ = $0.insert(number) } }
        }

        func commit() -> Bool { true }
        var isAccepting: Bool { true }
        func connectionChanged(_ event: MQTTConnectionEvent) {}
    }

    private let inbox = Inbox()
    private let subscriber: MQTTSubscriber

    /// Subscribes, and returns when the broker has granted it.
    init(at broker: Broker) async throws {
        subscriber = try MQTTSubscriber(
            configuration: MQTTConfiguration(host: "127.0.0.1", port: broker.port, clientID: "consumer"),
            subscriptions: [MQTTSubscription(filter: "gateways/#")], linger: .milliseconds(2), inlet: inbox)
        try subscriber.start()
        guard await eventually({ self.subscriber.isSubscribed }) else {
            throw TestKitError("the consumer does not get its subscription")
        }
    }

    /// Waits until a message has arrived.
    func has(_ number: Int) async -> Bool {
        await eventually(within: .seconds(60)) { inbox.numbers.withLock { $0.contains(number) } }
    }

    func stop() async { await subscriber.stop() }
}
