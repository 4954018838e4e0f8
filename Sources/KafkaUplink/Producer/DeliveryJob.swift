import Synchronization

/// One call of ``KafkaProducer/deliver(count:_:)`` on its way. Whoever has the answer first gives it.
final class DeliveryJob: Sendable {
    let count: Int
    let fill: @Sendable (Int, inout KafkaMessage) -> Void
    private let continuation: Mutex<CheckedContinuation<DeliveryReport, Never>?>
    private let cancelled: Cancellation

    /// Set by the caller's task, read by the producer's thread.
    final class Cancellation: Sendable {
        private let flag = Atomic<Bool>(false)

        var isSet: Bool { flag.load(ordering: .relaxed) }

        func set() { flag.store(true, ordering: .relaxed) }
    }

    init(
        count: Int, cancelled: Cancellation, continuation: CheckedContinuation<DeliveryReport, Never>,
        fill: @escaping @Sendable (Int, inout KafkaMessage) -> Void
    ) {
        self.count = count
        self.fill = fill
        self.cancelled = cancelled
        self.continuation = Mutex(continuation)
    }

    /// Whether the caller no longer waits.
    var isCancelled: Bool { cancelled.isSet }

    /// Answers the caller, unless somebody has.
    func answer(_ report: DeliveryReport) {
        let waiting = continuation.withLock { continuation in
            defer { continuation = nil }
            return continuation
        }
        waiting?.resume(returning: report)
    }

    /// Nothing was confirmed.
    func answer(_ reason: String, isAlarm: Bool = false) {
        answer(DeliveryReport(confirmed: 0, trouble: .transient(reason: reason, isAlarm: isAlarm)))
    }
}
