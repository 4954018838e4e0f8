import Glibc
import Threads

/// One connection of a subscriber, from TCP to its end.
final class SubscriberConnection: MosquittoEvents {
    enum Ending {
        case stopped
        /// `isProven`: it has done its work before, so the next one may be tried soon.
        case lost(reason: String, isTakenOver: Bool, isProven: Bool)
    }

    private let handle: MosquittoHandle
    private let session: SubscriberSession
    private let inlet: any MQTTInlet
    private let thread: ClientThread
    private let isLeaving: () -> Bool
    private var trigger: CommitTrigger
    private let packetSizeMax: Int

    /// How long arriving messages gather in the socket while a batch is open. At 2,000 messages on the way it allows
    /// two million a second.
    private static let collectingPause = Duration.milliseconds(1)

    /// How long to wait before looking again whether the broker has read more of our PUBACKs.
    private static let congestionPause = Duration.milliseconds(2)

    /// How long the broker may take to read the last PUBACKs, and how long it may be silent meanwhile.
    private static let farewellMax = Duration.seconds(6)
    private static let farewellSilenceMax = Duration.seconds(2)

    /// How long the broker may take to end all subscriptions.
    private static let endingMax = Duration.seconds(3)

    // The batch: received since the last commit. As long as it is not empty, nothing is written.
    private var messages = 0
    private var bytes = 0
    private var firstArrival = ContinuousClock.now
    private var lastArrival = ContinuousClock.now

    private var isAccepted = false
    private var hasToSubscribe = false
    /// Set when all subscriptions are being ended.
    private var endingDeadline: ContinuousClock.Instant?
    private var hasCommitted = false
    private var lastAcknowledgement = ContinuousClock.now
    private var nextKeepAlive = ContinuousClock.now
    private var stalledSince: UInt64?
    /// Whether the broker has too many PUBACKs before it. Then nothing is read: it sends on without waiting for them,
    /// and would send everything again whose PUBACK it has not read when the connection ends.
    private var isCongested = false

    init(
        handle: MosquittoHandle, session: SubscriberSession, trigger: CommitTrigger, inlet: any MQTTInlet,
        thread: ClientThread, isLeaving: @escaping () -> Bool
    ) {
        self.isLeaving = isLeaving
        self.handle = handle
        self.session = session
        self.trigger = trigger
        self.inlet = inlet
        self.thread = thread
        packetSizeMax = Int(handle.configuration.packetSizeMax)
    }

    /// Runs until the connection ends or the thread is to stop.
    func run(connackBy deadline: ContinuousClock.Instant) -> Ending {
        handle.events = self
        defer { handle.events = nil }
        while true {
            if thread.isStopping, !isEndingSubscriptions() { return finish() }
            if isCongested {
                guard flush(), keepAlive() else { return lost(handle.endReason()) }
                thread.pauseBriefly(until: .now + Self.congestionPause)
                isCongested = hasTooMuchUntaken
                continue
            }
            let seen = handle.packetsSeen
            let result = collect()
            if case .ended = result { return lost(handle.endReason()) }
            if handle.packetsSeen != seen {
                stalledSince = nil
            } else if let reason = problemOfSilence() {
                return lost(reason)
            }
            if hasToSubscribe { subscribe() }
            if trigger.isDue(messages: messages, bytes: bytes, age: .now - firstArrival), !commit() {
                return lost("what was received could not be stored; the broker keeps it", isCommitRefused: true)
            }
            guard flush(), keepAlive() else { return lost(handle.endReason()) }
            if !isAccepted, ContinuousClock.now >= deadline {
                return lost("no answer to CONNECT from \(handle.configuration.address)")
            }
            if case .drained = result { wait(connackBy: deadline) }
        }
    }

    // MARK: The loop's parts

    /// Reads until nothing more is there, or the batch has no room.
    private func collect() -> MosquittoHandle.ReadResult {
        let before = messages
        var result = MosquittoHandle.ReadResult.progress
        while trigger.hasRoom(messages: messages, bytes: bytes) {
            result = handle.read()
            guard case .progress = result else { break }
        }
        if messages > before {
            lastArrival = .now
            // While the batch waits, the broker's TCP must not wait for our acknowledgement of its segments.
            if case .drained = result { handle.socket.acknowledgeNow() }
        }
        return result
    }

    /// Makes the batch durable. Afterwards it is empty, and what is queued may be written.
    private func commit() -> Bool {
        let age = ContinuousClock.now - firstArrival
        let size = messages
        session.counters.commits += 1
        session.publish()
        guard inlet.commit() else { return false }
        messages = 0
        bytes = 0
        hasCommitted = true
        trigger.committed(
            messages: size, wait: firstArrival - lastAcknowledgement, spread: lastArrival - firstArrival, age: age)
        guard flush() else { return true }
        lastAcknowledgement = .now
        isCongested = hasTooMuchUntaken
        return true
    }

    private var hasTooMuchUntaken: Bool {
        handle.wantsWrite || handle.socket.bytesUntaken > handle.configuration.acknowledgementsUnreadMax
    }

    /// Sends what libmosquitto has queued: the only place that does. Every PUBACK in the queue belongs to a message
    /// that is committed, because the queue goes out only while the batch is empty.
    private func flush() -> Bool {
        guard messages == 0, handle.wantsWrite else { return true }
        return handle.write()
    }

    private func keepAlive() -> Bool {
        let now = ContinuousClock.now
        guard now >= nextKeepAlive else { return true }
        nextKeepAlive = now + .seconds(1)
        return handle.keepAlive()
    }

    private func wait(connackBy deadline: ContinuousClock.Instant) {
        var until = nextKeepAlive
        if messages > 0 {
            let due = firstArrival + trigger.linger
            until = min(until, due)
            // A batch has begun: what follows is collected for a moment instead of waking up for each message.
            if ContinuousClock.now < due { thread.pauseBriefly(until: min(due, .now + Self.collectingPause)) }
        }
        if !isAccepted { until = min(until, deadline) }
        _ = thread.wait(for: handle.socket, toWrite: messages == 0 && handle.wantsWrite, until: until)
    }

    private func subscribe() {
        hasToSubscribe = false
        let events = session.subscribe(through: handle) + session.endLeftovers(through: handle)
        for event in events { inlet.connectionChanged(event) }
    }

    /// Ends all subscriptions where the session is left for good; false when that is done, or there is nothing to do.
    private func isEndingSubscriptions() -> Bool {
        guard isAccepted, isLeaving() else { return false }
        guard let endingDeadline else {
            endingDeadline = .now + Self.endingMax
            hasToSubscribe = false
            for event in session.endAll(through: handle) { inlet.connectionChanged(event) }
            return session.isEnding
        }
        return session.isEnding && ContinuousClock.now < endingDeadline
    }

    /// What may be wrong when nothing was read although the socket was ready.
    private func problemOfSilence() -> String? {
        let configuration = handle.configuration
        if !isAccepted {
            // libmosquitto takes an end of file during the TLS handshake for "not yet" and would try for ever.
            return handle.isCutInHandshake ? handle.handshakeReason : nil
        }
        // A server that keeps to our Maximum Packet Size never sends so much without a whole packet in it. In 3.1.1 it
        // does not know the limit, and a large message must be taken in to be acknowledged.
        guard configuration.version == .v5, let received = handle.socket.traffic?.received else { return nil }
        guard let start = stalledSince else {
            stalledSince = received
            return nil
        }
        guard received - start > UInt64(packetSizeMax) + (64 << 10) else { return nil }
        return "\(configuration.address) sent a packet larger than the \(packetSizeMax) bytes agreed on"
    }

    private func lost(_ reason: String, isCommitRefused: Bool = false) -> Ending {
        // What the inlet has got is kept: the broker will send it again, but its session may be lost.
        if messages > 0, !isCommitRefused { _ = inlet.commit() }
        let isTakenOver = handle.end?.code == 0x8E
        return .lost(reason: reason, isTakenOver: isTakenOver, isProven: hasCommitted)
    }

    /// Commits, sends the PUBACKs, and leaves in order.
    ///
    /// A busy broker may have thousands of PUBACKs before it, and sends all again that it has not read when the
    /// connection ends. It reads them before the DISCONNECT, so its end of the connection says that it has.
    private func finish() -> Ending {
        let deadline = ContinuousClock.now + Self.farewellMax
        if messages > 0 { _ = commit() }
        // Without the commit the PUBACKs must not go out, and the DISCONNECT behind them cannot.
        guard messages == 0, isAccepted else { return .stopped }
        let last = LastDescriptor(of: handle.socket.descriptor)
        handle.disconnect()
        var patience = PeerPatience(silenceMax: Self.farewellSilenceMax, until: deadline)
        while flush(), handle.wantsWrite, !patience.isOver {
            _ = poll(handle.socket.descriptor, for: POLLOUT, until: patience.nextLook)
            // What is sent to us meanwhile must not keep the broker from reading.
            let hasArrived = last?.discard().hasArrived ?? false
            patience.look(at: handle.socket, hasArrived: hasArrived)
        }
        last?.finish(patience)
        return .stopped
    }

    // MARK: MosquittoEvents

    func connackArrived(code: Int32, isSessionPresent: Bool, properties: PropertyList) {
        guard code == 0 else { return }
        isAccepted = true
        let event = session.began(isSessionPresent: isSessionPresent)
        hasToSubscribe = !session.isSubscribed || !session.leftovers.isEmpty
        inlet.connectionChanged(event)
        if !session.leftovers.isEmpty { inlet.connectionChanged(.leftover(filters: session.leftovers.sorted())) }
    }

    func publishArrived(topic: RawSpan, payload: RawSpan, flags: PublishFlags) {
        if payload.byteCount > packetSizeMax {
            refuse(topic, "\(payload.byteCount) bytes; at most \(packetSizeMax) are taken")
            return
        }
        if flags.isRetained {
            let isWanted = topic.withUnsafeBytes {
                session.takesRetained(topic: $0.assumingMemoryBound(to: UInt8.self))
            }
            guard isWanted else {
                session.counters.messagesRefused += 1
                return
            }
        }
        if messages == 0 { firstArrival = .now }
        messages += 1
        bytes += payload.byteCount
        session.counters.messagesReceived += 1
        session.counters.bytesReceived += UInt64(payload.byteCount)
        let details = MQTTMessageDetails(
            qos: flags.qos, isRetained: flags.isRetained, isDuplicate: flags.isDuplicate,
            properties: flags.properties.publishProperties())
        inlet.receive(topic: topic, payload: payload, details: details)
    }

    func pubackArrived(packetID: Int32, code: Int32, remark: String?) {}

    func subackArrived(packetID: Int32, codes: [Int32]) {
        if let event = session.granted(packetID: packetID, codes: codes) { inlet.connectionChanged(event) }
    }

    func unsubackArrived(packetID: Int32) {
        if let event = session.unsubscribed(packetID: packetID) { inlet.connectionChanged(event) }
    }

    private func refuse(_ topic: RawSpan, _ reason: String) {
        session.counters.messagesRefused += 1
        let name = topic.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
        inlet.connectionChanged(.messageRefused(topic: name, reason: reason))
    }
}
