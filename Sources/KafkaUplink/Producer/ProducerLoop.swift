import Records
import Threads
import Uplinks

/// What the producer's thread does: takes one job after the other, and listens to librdkafka in between.
///
/// Used by one thread at a time.
final class ProducerLoop {
    private let configuration: KafkaConfiguration
    private let orders: Gate<KafkaProducer.Orders>
    private let sockets: OpenSockets
    private let onEvent: @Sendable (KafkaEvent) -> Void
    private var handle: KafkaHandle?
    /// The files for TLS as they were when the producer was made.
    private var stamps: [FileStamp?] = []
    private var message = KafkaMessage()
    private var isConnected = false
    private var lastOutage: String?

    /// How long a flush may take before the thread looks whether it is still wanted.
    private static let flushMilliseconds: Int32 = 50
    /// How long reports may take when one of them has said that something is wrong.
    private static let grace = Duration.seconds(1)
    /// Messages that are handed over between two looks at the reports.
    private static let stride = 256

    init(
        configuration: KafkaConfiguration, orders: Gate<KafkaProducer.Orders>, sockets: OpenSockets,
        onEvent: @escaping @Sendable (KafkaEvent) -> Void
    ) {
        self.configuration = configuration
        self.orders = orders
        self.sockets = sockets
        self.onEvent = onEvent
    }

    /// Makes the producer, where there is none; and anew where a file for TLS was replaced, which librdkafka reads
    /// once.
    ///
    /// Called while nothing is under way.
    private func prepare() throws(KafkaError) {
        let stamps = configuration.tls?.stamps ?? []
        if handle != nil, stamps != self.stamps { end() }
        guard handle == nil else { return }
        self.stamps = stamps
        let shrinks = orders.withLock(\.shrinks)
        let orders = orders
        handle = try KafkaHandle(
            configuration, batchSize: max(Self.batchSizeMin, configuration.messageSizeMax.rawValue >> min(shrinks, 20)),
            sockets: sockets, onWork: { orders.change { $0.hasWork = true } })
    }

    private static let batchSizeMin = 4096

    /// Ends the producer.
    private func end() {
        handle?.end()
        handle = nil
    }

    /// Runs until it is told to stop.
    func run() {
        while true {
            switch nextOrder() {
            case .stop: return finish()
            case .deliver(let job): deliver(job)
            case .open:
                // What is wrong is said when something is to be sent.
                try? prepare()
            case .close:
                end()
                isConnected = false
            case .listen: break
            }
            handle?.serve()
            tell()
            orders.change { $0.isLinkOpen = handle != nil }
        }
    }

    private enum Order {
        case deliver(DeliveryJob)
        case open
        case close
        case listen
        case stop
    }

    private func nextOrder() -> Order {
        let order: Order? = orders.wait { orders in
            if orders.isStopping { return .stop }
            if let isWanted = orders.isLinkWanted {
                orders.isLinkWanted = nil
                // Until it has been looked at again.
                orders.isLinkOpen = true
                return isWanted ? .open : .close
            }
            if !orders.jobs.isEmpty { return .deliver(orders.jobs.removeFirst()) }
            guard orders.hasWork else { return nil }
            orders.hasWork = false
            return .listen
        }
        return order ?? .stop
    }

    private func finish() {
        let left = orders.withLock { orders in
            defer { orders.jobs = [] }
            return orders.jobs
        }
        for job in left { job.answer("the producer has stopped") }
        end()
    }

    // MARK: One job

    private func deliver(_ job: DeliveryJob) {
        do {
            try prepare()
        } catch {
            job.answer(error.message, isAlarm: true)
            return
        }
        guard let handle else { return }
        handle.board.begin()
        handle.events.isShutOut = false
        let reason = follow(job, handle)
        let report = report(on: job, handle, givenUp: reason)
        tell()
        let isUsable = handle.board.outstanding == 0 && handle.events.fatal == nil && !handle.board.hasLostMessages
        job.answer(report)
        if !isUsable { replace(handle, after: report) }
    }

    /// Hands the messages over and waits for their reports.
    ///
    /// - Returns: why it was given up; nil when all reports have come, or nothing more can.
    private func follow(_ job: DeliveryJob, _ handle: KafkaHandle) -> String? {
        var index = 0
        var seen = 0
        var lastProgress = ContinuousClock.now
        var failed: ContinuousClock.Instant?
        var hasAsked = false
        while true {
            if job.isCancelled { return "cancelled" }
            if orders.withLock(\.isStopping) { return "the producer has stopped" }
            if index < job.count, failed == nil {
                handOver(job, handle, &index)
            } else {
                handle.flush(Self.flushMilliseconds)
            }
            if handle.board.delivered > seen {
                seen = handle.board.delivered
                lastProgress = .now
                recovered(handle)
            }
            if handle.board.hasFailure || handle.events.fatal != nil { failed = failed ?? .now }
            if handle.board.outstanding == 0, index == job.count || failed != nil { return nil }
            if let failed, failed.duration(to: .now) > Self.grace { return nil }
            if !hasAsked, lastProgress.duration(to: .now) > configuration.shutOutWait {
                hasAsked = true
                if !handle.events.isShutOut { handle.askForTopicProblem() }
            }
            let limit = handle.events.isShutOut ? configuration.shutOutWait : configuration.acknowledgementTimeout
            if lastProgress.duration(to: .now) > min(limit, configuration.acknowledgementTimeout) {
                let seconds = lastProgress.duration(to: .now).components.seconds
                return handle.events.lastProblem?.reason
                    ?? "\(configuration.address) has confirmed nothing for \(seconds) s"
            }
        }
    }

    /// Hands over the next messages, until the queue is full or it is time to look at the reports.
    private func handOver(_ job: DeliveryJob, _ handle: KafkaHandle, _ index: inout Int) {
        let end = min(job.count, index + Self.stride)
        // Taken out, so that it is lent and not copied with each call.
        var message = KafkaMessage()
        swap(&message, &self.message)
        defer { swap(&message, &self.message) }
        while index < end {
            job.fill(index, &message)
            switch handle.produce(message, index: index) {
            case nil:
                handle.board.handedOver()
                index += 1
            case let code? where code.isQueueFull:
                // What is in the queue goes out while we wait; the message is made again.
                handle.flush(Self.flushMilliseconds / 5)
                return
            case let code?:
                handle.board.notTaken(code)
                return
            }
        }
        handle.serve()
    }

    private func report(on job: DeliveryJob, _ handle: KafkaHandle, givenUp: String?) -> DeliveryReport {
        let confirmed = handle.board.confirmed
        guard confirmed < job.count else { return DeliveryReport(confirmed: confirmed, trouble: nil) }
        if let (range, code, refusal) = handle.board.refused {
            return DeliveryReport(confirmed: confirmed, trouble: .refused(range, refusal, reason: code.text))
        }
        let access = handle.events.isShutOut ? handle.events.lastProblem : nil
        let code = handle.board.tellingCode ?? handle.events.fatal?.code ?? access?.code
        let reason =
            givenUp ?? handle.board.tellingCode?.text ?? handle.events.fatal?.reason ?? "the producer has ended"
        return DeliveryReport(
            confirmed: confirmed,
            trouble: .transient(reason: reason + (code?.advice ?? ""), isAlarm: code?.isAlarm ?? false))
    }

    private func replace(_ handle: KafkaHandle, after report: DeliveryReport) {
        if let fatal = handle.events.fatal { onEvent(.producerReplaced(reason: fatal.reason)) }
        if case .transient(let reason, _) = report.trouble, handle.events.isShutOut { disconnected(reason) }
        end()
    }

    // MARK: Telling

    private func recovered(_ handle: KafkaHandle) {
        handle.events.recovered()
        guard !isConnected else { return }
        isConnected = true
        lastOutage = nil
        onEvent(.connected(brokers: handle.brokerNames()))
    }

    /// Tells of what was heard since the last time.
    private func tell() {
        guard let handle, !handle.events.untold.isEmpty || handle.events.isShutOut else { return }
        let reasons = handle.events.untold
        handle.events.untold = []
        if handle.events.isShutOut {
            disconnected(handle.events.lastProblem?.reason ?? "no broker can be reached")
        } else {
            for reason in reasons { onEvent(.brokerLost(reason: reason)) }
        }
    }

    private func disconnected(_ reason: String) {
        // Told once for each outage, and again when the reason is another one.
        guard isConnected || lastOutage != reason else { return }
        isConnected = false
        lastOutage = reason
        onEvent(.disconnected(reason: reason))
    }
}
