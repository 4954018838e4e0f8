import Synchronization
import Threads
import Uplinks

/// Delivers messages to one Kafka cluster, and says how many it has confirmed.
///
/// One idempotent producer at a time, on one thread of its own. It lives for as long as everything that it was given
/// was confirmed. Whatever else happens ends it: then nothing that it still held can come behind what is sent again,
/// and the next one begins at the first message that was not confirmed.
public final class KafkaProducer: MessageProducer {
    /// What the thread waits for.
    struct Orders: Sendable {
        var jobs: [DeliveryJob] = []
        /// Whether there shall be connections, until that is so.
        var isLinkWanted: Bool?
        /// Whether there is a producer, which keeps connections.
        var isLinkOpen = false
        /// librdkafka has something to tell.
        var hasWork = false
        var isStopping = false
        var hasStopped = false
        /// Message sets are to be smaller from the next producer on.
        var shrinks = 0
    }

    private let configuration: KafkaConfiguration
    private let onEvent: @Sendable (KafkaEvent) -> Void
    private let orders: Gate<Orders>
    private let sockets = OpenSockets()

    /// Checks the configuration and starts the thread; connects at the first delivery, or ``resume()``.
    ///
    /// - Parameter onEvent: called on the producer's thread.
    /// - Throws: ``KafkaError`` where a value cannot be used, a file or secret cannot be read, or the system gives no
    ///   thread.
    public init(
        configuration: KafkaConfiguration, onEvent: @escaping @Sendable (KafkaEvent) -> Void
    ) throws(KafkaError) {
        self.configuration = configuration
        self.onEvent = onEvent
        orders = Gate(Orders())
        let loop = ProducerLoop(configuration: configuration, orders: orders, sockets: sockets, onEvent: onEvent)
        try KafkaHandle.check(configuration)
        let orders = orders
        // The loop belongs to the thread from here on.
        nonisolated(unsafe) let handedOver = loop
        let isStarted = OwnThread.start(named: "kafka-out") {
            handedOver.run()
            orders.change { $0.hasStopped = true }
        }
        guard isStarted else {
            throw KafkaError(.system, "the system gives no thread for \(configuration.address)")
        }
    }

    func deliver(count: Int, _ fill: @escaping @Sendable (Int, inout KafkaMessage) -> Void) async -> DeliveryReport {
        guard count > 0 else { return DeliveryReport(confirmed: 0, trouble: nil) }
        let cancelled = DeliveryJob.Cancellation()
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let job = DeliveryJob(count: count, cancelled: cancelled, continuation: continuation, fill: fill)
                let isTaken = orders.change { orders in
                    guard !orders.isStopping else { return false }
                    orders.jobs.append(job)
                    return true
                }
                if !isTaken { job.answer("the producer has stopped") }
            }
        } onCancel: {
            cancelled.set()
            // One that has not begun is answered here: the thread may be waiting for an old producer to end.
            let waiting = orders.change { orders in
                let waiting = orders.jobs.filter(\.isCancelled)
                orders.jobs.removeAll(where: \.isCancelled)
                return waiting
            }
            for job in waiting { job.answer("cancelled") }
        }
    }

    func makeSmallerSets() { orders.change { $0.shrinks += 1 } }

    var traffic: LinkTraffic { sockets.traffic }

    /// Connects, where there is no connection, and stays connected.
    func resume() { orders.change { $0.isLinkWanted = true } }

    /// Closes all connections until ``resume()`` or the next delivery. Returns within 5 s.
    func suspend() async {
        orders.change { $0.isLinkWanted = false }
        await waitUntil { $0.isLinkWanted == nil && !$0.isLinkOpen }
    }

    /// Ends the producer and closes its connections. Returns within 5 s; also in a cancelled task.
    func stop() async {
        orders.change { $0.isStopping = true }
        await waitUntil { $0.hasStopped }
    }

    /// Waits on a thread of its own: closing may block on a name server.
    private func waitUntil(_ isDone: @escaping @Sendable (Orders) -> Bool) async {
        let deadline = ContinuousClock.now + .seconds(5)
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            let wait: @Sendable () -> Void = { [orders] in
                _ = orders.wait(until: deadline) { $0.hasStopped || isDone($0) ? true : nil }
                continuation.resume()
            }
            // Without a thread for waiting there is no waiting; the producer ends all the same.
            if !OwnThread.start(named: "kafka-stop", wait) { continuation.resume() }
        }
    }
}
