import Synchronization
import Uplinks

@testable import KafkaUplink

/// A cluster in memory that answers sets of messages as the test says.
final class ScriptedProducer: MessageProducer {
    private struct State {
        var confirmed: [KafkaMessage] = []
        var deliveries: [Int] = []
        var shrinks = 0
        var isStopped = false
    }

    private let state = Mutex(State())
    private let set: Int
    private let answer: @Sendable ([KafkaMessage]) -> DeliveryReport.Refusal?

    /// - Parameters:
    ///   - set: messages that go together.
    ///   - answer: what the cluster has against a set; nil: nothing.
    init(set: Int = 10, answer: @escaping @Sendable ([KafkaMessage]) -> DeliveryReport.Refusal? = { _ in nil }) {
        self.set = set
        self.answer = answer
    }

    /// Messages that the uplink was told are confirmed.
    var confirmed: [KafkaMessage] { state.withLock { $0.confirmed } }
    /// The number of messages of each delivery.
    var deliveries: [Int] { state.withLock { $0.deliveries } }
    /// How often sets were asked to be smaller.
    var shrinks: Int { state.withLock { $0.shrinks } }
    var isStopped: Bool { state.withLock { $0.isStopped } }
    var traffic: LinkTraffic { LinkTraffic() }

    func deliver(count: Int, _ fill: @escaping @Sendable (Int, inout KafkaMessage) -> Void) async -> DeliveryReport {
        state.withLock { $0.deliveries.append(count) }
        var message = KafkaMessage()
        var first = 0
        while first < count {
            let range = first..<min(first + set, count)
            let messages = range.map { index in
                fill(index, &message)
                return message
            }
            if let refusal = answer(messages) {
                return DeliveryReport(confirmed: first, trouble: .refused(range, refusal, reason: "refused"))
            }
            state.withLock { $0.confirmed += messages }
            first = range.upperBound
        }
        return DeliveryReport(confirmed: count, trouble: nil)
    }

    func makeSmallerSets() { state.withLock { $0.shrinks += 1 } }
    func resume() {}
    func suspend() async {}
    func stop() async { state.withLock { $0.isStopped = true } }
}
