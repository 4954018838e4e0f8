import Synchronization

/// One call of ``MQTTPublisher/publish(count:_:)`` on its way.
///
/// Everything but ``isCancelled`` belongs to the publisher's thread.
final class PublishJob: @unchecked Sendable {
    // @unchecked: the counters are touched by the publisher's thread only; what others touch is atomic.

    let number: Int
    let count: Int
    private let message: @Sendable (Int) -> MQTTMessage?
    private let continuation: CheckedContinuation<PublishReport, Never>
    private let cancelled: Cancellation

    /// Index of the next message to publish.
    private(set) var next = 0
    /// Messages confirmed from the first, without a hole.
    private(set) var confirmed = 0
    /// Why nothing more is published: there is no message at ``next``, or it cannot be sent.
    private(set) var halt: PublishReport.Ending?

    /// Set by the caller's task, read by the publisher's thread.
    final class Cancellation: Sendable {
        private let flag = Atomic<Bool>(false)

        var isSet: Bool { flag.load(ordering: .relaxed) }

        func set() { flag.store(true, ordering: .relaxed) }
    }

    init(
        number: Int, count: Int, cancelled: Cancellation, continuation: CheckedContinuation<PublishReport, Never>,
        message: @escaping @Sendable (Int) -> MQTTMessage?
    ) {
        self.number = number
        self.count = count
        self.cancelled = cancelled
        self.continuation = continuation
        self.message = message
    }

    var isCancelled: Bool { cancelled.isSet }

    /// Whether another message is to be published.
    var hasMore: Bool { next < count && halt == nil }

    /// Makes the message at ``next``; nil where the caller has no more.
    func make() -> MQTTMessage? {
        let message = message(next)
        if message == nil { halt = .exhausted }
        return message
    }

    /// The message at ``next`` is on its way.
    func published() { next += 1 }

    /// The message at ``next`` can never be sent.
    func stopped(before reason: String) { halt = .unsendable(reason: reason) }

    /// The oldest unconfirmed message was answered. Returns the report when the job is over with that.
    func answered(_ answer: AcknowledgementWindow.Answer) -> PublishReport? {
        guard answer.code < 0x80 else {
            let reason = MosquittoCode.reasonText(Int32(answer.code), remark: answer.remark)
            return PublishReport(confirmed: confirmed, ending: .refused(reasonCode: answer.code, reason: reason))
        }
        confirmed += 1
        return finishedReport
    }

    /// The report, when nothing is left to wait for.
    var finishedReport: PublishReport? {
        if confirmed == count { return PublishReport(confirmed: confirmed, ending: .complete) }
        if let halt, confirmed == next { return PublishReport(confirmed: confirmed, ending: halt) }
        return nil
    }

    /// Answers the caller; once.
    func finish(_ report: PublishReport) {
        continuation.resume(returning: report)
    }
}
