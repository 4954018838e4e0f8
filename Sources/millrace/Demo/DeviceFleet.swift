import MQTTTransport
import Simulation
import Synchronization

/// Devices of the shop floor that publish JSON to the local broker at QoS 1.
final class DeviceFleet: Sendable {
    /// How many devices there are.
    static let size = 20
    private static let batchSize = 5
    private static let batchInterval = Duration.milliseconds(100)

    private let publisher: MQTTPublisher
    private let confirmed = Atomic<UInt64>(0)
    private let isStopping = Atomic<Bool>(false)

    /// A fleet that does not publish yet.
    ///
    /// - Parameter port: of the broker, on 127.0.0.1.
    init(port: UInt16) throws {
        publisher = try MQTTPublisher(
            configuration: MQTTConfiguration(host: "127.0.0.1", port: port, clientID: "devices"), onEvent: { _ in })
        try publisher.start()
    }

    /// Messages that the broker has confirmed.
    var publishedCount: UInt64 { confirmed.load(ordering: .relaxed) }

    /// Publishes about 50 messages a second, the devices in turn, until ``stop()``. What was begun is confirmed then.
    func run() async {
        guard await publisher.waitUntilConnected() else { return }
        var next = 0
        var due = ContinuousClock.now
        while !isStopping.load(ordering: .relaxed), !Task.isCancelled {
            let first = next
            let report = await publisher.publish(count: Self.batchSize) { Self.message(first + $0) }
            next += report.confirmed
            confirmed.add(UInt64(report.confirmed), ordering: .relaxed)
            // A machine that was busy does not make the devices hurry afterwards.
            due = max(due + Self.batchInterval, .now)
            try? await Task.sleep(until: due)
        }
    }

    /// Lets ``run()`` return when what is under way is confirmed.
    func stop() { isStopping.store(true, ordering: .relaxed) }

    /// Takes leave of the broker.
    func close() async { await publisher.stop() }

    private static func message(_ number: Int) -> MQTTMessage {
        let device = number % size
        let turn = number / size
        let phase = Double(turn) / 150 + Double(device) / Double(size)
        let temperature = 48 + wave(phase, 9) + wave(phase * 31, 0.6)
        let vibration = 0.6 + wave(phase * 3, 0.35) + wave(phase * 53, 0.08)
        let kind = ["press", "lathe", "mill", "oven"][device % 4]
        let name = "\(kind)-\(device / 4 + 1)"
        let state = vibration > 0.35 ? "running" : "idle"
        let payload =
            "{\"device\":\"\(name)\",\"turn\":\(turn),\"temperature\":\(temperature.text(2)),"
            + "\"vibration\":\(vibration.text(3)),\"state\":\"\(state)\"}"
        return MQTTMessage(topic: "sensors/\(name)/reading", payload: Array(payload.utf8)[...])
    }
}
