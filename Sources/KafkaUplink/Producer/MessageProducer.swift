import Uplinks

/// What ``KafkaProducerUplink`` needs of a producer: ``KafkaProducer``, or a scripted one in tests.
protocol MessageProducer: Sendable {
    /// Hands over messages in order and waits for their delivery reports. `fill` is asked for each of them, in order
    /// and never concurrently. Returns within one second when the task is cancelled.
    func deliver(count: Int, _ fill: @escaping @Sendable (Int, inout KafkaMessage) -> Void) async -> DeliveryReport
    /// Message sets were refused that hold nothing to blame: those of later producers are to be smaller.
    func makeSmallerSets()
    /// Bytes on the wire so far, over all connections.
    var traffic: LinkTraffic { get }
    /// Connections may be made and kept from now on.
    func resume()
    /// Closes all connections; a delivery makes them again.
    func suspend() async
    /// Ends the producer. Nothing is delivered afterwards.
    func stop() async
}

/// What became of messages that were handed over together.
struct DeliveryReport: Equatable, Sendable {
    /// Why not all of them were confirmed.
    enum Trouble: Equatable, Sendable {
        /// It may be taken later.
        case transient(reason: String, isAlarm: Bool)
        /// What these messages hold is refused; there may be only one that is to blame.
        case refused(Range<Int>, Refusal, reason: String)
    }

    /// What a cluster has against messages.
    enum Refusal: Equatable, Sendable {
        case tooLarge, invalid
        /// Too old or too new for the topic (`message.timestamp.difference.max.ms` and its successors).
        case untimely
    }

    /// Messages confirmed from the first, without a hole.
    var confirmed: Int
    /// Nil: all are confirmed.
    var trouble: Trouble?
}
