import Glibc
import Threads

/// One connection of a publisher, from TCP to its end.
final class PublisherConnection: MosquittoEvents {
    enum Ending {
        case stopped
        /// `code`: the server's DISCONNECT, or libmosquitto's. `isProven`: messages were confirmed over it, so the next
        /// one may be tried soon.
        case lost(reason: String, code: Int32?, isProven: Bool)
    }

    private let handle: MosquittoHandle
    private let windowMax: Int
    private let acknowledgementTimeout: Duration
    private let thread: ClientThread
    private let desk: PublishDesk
    private let accepted: (_ isSessionPresent: Bool) -> Void
    private let onEvent: (MQTTConnectionEvent) -> Void
    private var talk: PublisherTalk?

    private var window: AcknowledgementWindow
    private var limits = ServerLimits()
    private var aliases = TopicAliases(maximum: 0)
    private let usesAliases: Bool
    private var job: PublishJob?
    private var isAccepted = false
    private var failure: String?
    private var lastProgress = ContinuousClock.now
    private var nextKeepAlive = ContinuousClock.now
    /// Whether the last look brought packets.
    private var isArriving = false

    /// How long PUBACKs gather in the socket, and how many must be due for that to be worth it.
    private static let gatheringPause = Duration.microseconds(500)
    private static let gatheringMin = 20

    // Counted here, and told to the desk once per round.
    private var round = MQTTPublisher.Counters()
    private var traffic = SocketTraffic()
    private var hasConfirmed = false

    init(
        handle: MosquittoHandle, windowMax: Int, usesAliases: Bool, acknowledgementTimeout: Duration,
        thread: ClientThread, desk: PublishDesk, conversation: (any MQTTConversation)?,
        onEvent: @escaping (MQTTConnectionEvent) -> Void,
        accepted: @escaping (_ isSessionPresent: Bool) -> Void
    ) {
        self.handle = handle
        self.windowMax = windowMax
        self.usesAliases = usesAliases
        self.acknowledgementTimeout = acknowledgementTimeout
        self.thread = thread
        self.desk = desk
        self.accepted = accepted
        self.onEvent = onEvent
        talk = conversation.map(PublisherTalk.init)
        window = AcknowledgementWindow(capacity: 1)
    }

    /// Runs until the connection ends or the thread is to stop.
    func run(connackBy deadline: ContinuousClock.Instant) -> Ending {
        handle.events = self
        defer { handle.events = nil }
        while true {
            if thread.isStopping || desk.isSuspended { return finish() }
            if let reason = abandonCancelled() { return lost(reason) }
            fill()
            if let reason = talk?.farewell { return leave(reason) }
            if let failure { return lost(failure) }
            if handle.wantsWrite, !handle.write() { return lost(handle.endReason()) }
            let isEnded = collect()
            settle()
            if isEnded { return lost(handle.endReason()) }
            if let reason = failure ?? problemOfTime(connackBy: deadline) { return lost(reason) }
            takeJob()
            if !canFill { wait(connackBy: deadline) }
        }
    }

    // MARK: The loop's parts

    /// Publishes while the window has room: what the conversation has to say, then the job's messages.
    private func fill() {
        while isAccepted, failure == nil, window.hasRoom, let message = talk?.next() {
            if let reason = publish(message, for: PublisherTalk.jobNumber) { refusedTalk(reason) }
        }
        guard failure == nil else { return }
        takeJob()
        guard canFill else { return }
        while let job, job.hasMore, window.hasRoom {
            guard let message = job.make() else { break }
            if let reason = publish(message, for: job.number) {
                job.stopped(before: reason)
                break
            }
            if failure != nil { return }
            job.published()
        }
        finishJobIfOver()
    }

    /// Hands one message to libmosquitto. Gives why it can never be sent; what ends the connection goes to ``failure``.
    private func publish(_ message: MQTTMessage, for job: Int) -> String? {
        if let reason = problem(of: message) { return reason }
        let topicChoice = topicChoice(for: message)
        switch handle.publish(message, topicAs: topicChoice) {
        case .success(let packetID):
            aliases.published(to: message.topic, as: topicChoice)
            if window.isEmpty { lastProgress = .now }
            window.add(packetID: packetID, job: job)
            round.messagesPublished += 1
            round.bytesPublished += UInt64(message.payload.count)
            return nil
        case .failure(let code) where code.isAboutMessage:
            return code.text
        case .failure(let code):
            failure = "cannot publish to \(handle.configuration.address): \(code.text)"
            return nil
        }
    }

    /// Reads what is there; true at the end of the connection.
    private func collect() -> Bool {
        let seen = handle.packetsSeen
        defer { isArriving = handle.packetsSeen != seen }
        var hasAsked = false
        while true {
            switch handle.read() {
            case .progress: continue
            case .ended: return true
            case .drained:
                // The server's TCP holds further PUBACKs back until it has seen our acknowledgement; from a server
                // that is near they come at once.
                guard !window.isEmpty, !hasAsked else { return false }
                handle.socket.acknowledgeNow()
                hasAsked = true
            }
        }
    }

    /// Gives the answers that have come to the jobs they belong to.
    private func settle() {
        var isProgress = false
        defer { if isProgress { lastProgress = .now } }
        while let answer = window.takeAnswered() {
            isProgress = true
            if answer.code < 0x80 {
                round.messagesConfirmed += 1
                hasConfirmed = true
            } else {
                round.messagesRefused += 1
            }
            if answer.job == PublisherTalk.jobNumber, answer.code >= 0x80 {
                refusedTalk(MosquittoCode.reasonText(Int32(answer.code), remark: answer.remark))
            }
            // A job that ended early has left messages behind; their answers fill a place in the window, no more.
            guard let job, job.number == answer.job, let report = job.answered(answer) else { continue }
            finish(job, report)
        }
        report()
    }

    /// Whether publishing goes on: not for each place that becomes free, because every round costs several system
    /// calls.
    private var canFill: Bool {
        guard isAccepted, window.count <= window.capacity * 3 / 4 else { return false }
        return job?.hasMore ?? false || talk?.hasMore ?? false
    }

    private func wait(connackBy deadline: ContinuousClock.Instant) {
        var until = nextKeepAlive
        if !isAccepted { until = min(until, deadline) }
        if !window.isEmpty { until = min(until, lastProgress + acknowledgementTimeout) }
        // PUBACKs arrive one by one, and each could wake us: while many are due, they gather for a moment.
        if isArriving, window.count >= Self.gatheringMin, !handle.wantsWrite {
            thread.pauseBriefly(until: min(until, .now + Self.gatheringPause))
            return
        }
        _ = thread.wait(for: handle.socket, toWrite: handle.wantsWrite, until: until)
    }

    // MARK: Jobs

    private func takeJob() {
        if job == nil, isAccepted { job = desk.nextJob() }
    }

    private func finishJobIfOver() {
        guard let job, let report = job.finishedReport else { return }
        finish(job, report)
    }

    private func finish(_ job: PublishJob, _ report: PublishReport) {
        self.report()
        self.job = nil
        job.finish(report)
    }

    /// Answers jobs whose callers were cancelled. Gives a reason to drop the connection when messages of such a job are
    /// on their way: nothing may confirm them later.
    private func abandonCancelled() -> String? {
        for waiting in desk.cancelledJobs() {
            waiting.finish(PublishReport(confirmed: 0, ending: .disconnected(reason: "cancelled by the caller")))
        }
        guard let job, job.isCancelled else { return nil }
        guard job.next == job.confirmed else { return "a cancelled call had messages on their way" }
        finish(job, PublishReport(confirmed: job.confirmed, ending: .disconnected(reason: "cancelled by the caller")))
        return nil
    }

    /// Why a message can never be sent over this connection.
    private func problem(of message: MQTTMessage) -> String? {
        let length = message.topic.utf8.count
        guard message.topic.withCString({ strlen($0) }) == length else { return "the topic contains a zero byte" }
        guard let packetSizeMax = limits.packetSizeMax else { return nil }
        let size = message.packetSize(version: handle.configuration.version)
        guard size > Int(packetSizeMax) else { return nil }
        return "\(size) bytes; the server's Maximum Packet Size is \(packetSizeMax)"
    }

    /// How the message's topic travels. Whether a message can be sent must not depend on what was sent before, so the
    /// topic's full length counts for that, and an alias is given only where its own bytes fit as well.
    private func topicChoice(for message: MQTTMessage) -> TopicAliases.Choice {
        let choice = aliases.choice(for: message.topic)
        guard case .assign = choice, let packetSizeMax = limits.packetSizeMax else { return choice }
        // The length fields may grow by a byte each.
        let size = message.packetSize(version: handle.configuration.version) + TopicAliases.propertySize + 2
        return size <= Int(packetSizeMax) ? choice : .plain
    }

    /// The server has refused what the conversation says by itself.
    private func refusedTalk(_ reason: String) {
        let address = handle.configuration.address
        if let talk, !talk.isEssential {
            onEvent(.messageRefused(topic: talk.topicSaid, reason: reason))
        } else {
            failure = "\(address) refuses what comes first: \(reason)"
        }
    }

    // MARK: Ends

    private func problemOfTime(connackBy deadline: ContinuousClock.Instant) -> String? {
        let now = ContinuousClock.now
        let configuration = handle.configuration
        if !isAccepted {
            if now >= deadline { return "no answer to CONNECT from \(configuration.address)" }
            if handle.isCutInHandshake { return handle.handshakeReason }
        }
        if !window.isEmpty, now - lastProgress >= acknowledgementTimeout {
            if let job { finish(job, PublishReport(confirmed: job.confirmed, ending: .timedOut)) }
            return "no PUBACK from \(configuration.address) within \(acknowledgementTimeout)"
        }
        if now >= nextKeepAlive {
            nextKeepAlive = now + .seconds(1)
            countTraffic()
            report()
            if !handle.keepAlive() { return handle.endReason() }
        }
        return nil
    }

    private func lost(_ reason: String) -> Ending {
        settle()
        countTraffic()
        report()
        if let job {
            let isDropped = handle.isEndedByServer && job.next > job.confirmed
            let ending: PublishReport.Ending = isDropped ? .dropped(reason: reason) : .disconnected(reason: reason)
            finish(job, PublishReport(confirmed: job.confirmed, ending: ending))
        }
        return .lost(reason: reason, code: handle.end?.code, isProven: hasConfirmed)
    }

    /// Takes leave of the server in order.
    private func finish() -> Ending {
        if let job {
            let address = handle.configuration.address
            let reason =
                thread.isStopping ? "the publisher for \(address) has stopped" : "the link to \(address) is closed"
            finish(job, PublishReport(confirmed: job.confirmed, ending: .disconnected(reason: reason)))
        }
        countTraffic()
        report()
        takeLeave()
        return .stopped
    }

    /// Ends the connection because the conversation wants it.
    private func leave(_ reason: String) -> Ending {
        let ending = lost(reason)
        takeLeave()
        return ending
    }

    /// Says the last words and DISCONNECT, and waits until the server has read them.
    private func takeLeave() {
        guard isAccepted else { return }
        // Nobody waits for their confirmation; the server reads them before the DISCONNECT.
        for message in talk?.lastWords() ?? [] { _ = handle.publish(message) }
        let deadline = ContinuousClock.now + .seconds(2)
        let last = LastDescriptor(of: handle.socket.descriptor)
        handle.disconnect()
        while handle.wantsWrite, ContinuousClock.now < deadline, handle.write(), handle.wantsWrite {
            _ = poll(handle.socket.descriptor, for: POLLOUT, until: deadline)
        }
        last?.finish(PeerPatience(silenceMax: .seconds(1), until: .now + .seconds(1)))
    }

    private func report() {
        guard round != MQTTPublisher.Counters() else { return }
        countTraffic()
        let round = round
        desk.count { counters in
            counters.wireBytesSent += round.wireBytesSent
            counters.wireBytesReceived += round.wireBytesReceived
            counters.messagesPublished += round.messagesPublished
            counters.bytesPublished += round.bytesPublished
            counters.messagesConfirmed += round.messagesConfirmed
            counters.messagesRefused += round.messagesRefused
        }
        self.round = MQTTPublisher.Counters()
    }

    private func countTraffic() {
        guard let now = handle.socket.traffic else { return }
        round.wireBytesSent += now.sent - traffic.sent
        round.wireBytesReceived += now.received - traffic.received
        traffic = now
    }

    // MARK: MosquittoEvents

    func connackArrived(code: Int32, isSessionPresent: Bool, properties: PropertyList) {
        guard code == 0 else { return }
        limits = properties.serverLimits()
        if let known = handle.configuration.publishSizeMax {
            limits.packetSizeMax = min(known, limits.packetSizeMax ?? known)
        }
        aliases = TopicAliases(maximum: usesAliases ? limits.topicAliasMaximum : 0)
        guard limits.maximumQoS >= 1 else {
            failure = "\(handle.configuration.address) takes messages at QoS 0 only; nothing could be confirmed"
            return
        }
        window = AcknowledgementWindow(capacity: max(1, min(windowMax, Int(limits.receiveMaximum))))
        isAccepted = true
        if let refusal = talk?.open(through: handle) { onEvent(refusal) }
        accepted(isSessionPresent)
    }

    func pubackArrived(packetID: Int32, code: Int32, remark: String?) {
        _ = window.acknowledge(packetID: packetID, code: UInt8(truncatingIfNeeded: code), remark: remark)
    }

    func publishArrived(topic: RawSpan, payload: RawSpan, flags: PublishFlags) {
        talk?.hear(topic: topic, payload: payload)
    }

    func unsubackArrived(packetID: Int32) {}

    func subackArrived(packetID: Int32, codes: [Int32]) {
        if let refusal = talk?.granted(packetID: packetID, code: codes.first ?? 0x80) { onEvent(refusal) }
    }
}
