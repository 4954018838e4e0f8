import Glibc
import Synchronization
import Threads

/// A link that can be broken: passes TCP connections on loopback on to a server, from a thread of its own.
public final class Relay: Sendable {
    /// What happens to the bytes.
    public enum Behaviour: Sendable, Equatable {
        /// They are passed on.
        case passing
        /// They are passed on, each so much later.
        case delayed(Duration)
        /// A thin link: so many bytes a second go to the server, the rest waits. What comes back is not slowed down.
        case throttled(bytesPerSecond: Int)
        /// A cable is cut: bytes of both directions, and ends of connections, vanish; nobody is told. New connections
        /// are accepted and lead nowhere. Connections that have missed something are reset when this ends.
        case silent
        /// Connections are reset (RST), new ones too.
        case cut
    }

    /// How much went through.
    public struct Traffic: Sendable, Equatable {
        /// Bytes that the server was given.
        public var toServer: UInt64 = 0
        /// Bytes that clients were given.
        public var toClient: UInt64 = 0
        /// Bytes that vanished while the relay was silent.
        public var swallowed: UInt64 = 0
        /// Connections that clients have opened.
        public var connections = 0

        /// Nothing yet.
        public init() {}
    }

    /// Where clients connect, on 127.0.0.1; kept until the relay goes.
    public let port: UInt16
    private let shared = Mutex(Shared())
    private let wakeup: Wakeup

    /// What the thread and the caller both touch.
    struct Shared {
        var behaviour = Behaviour.passing
        var traffic = Traffic()
        var planned: (behaviour: Behaviour, atBytesToServer: UInt64)?

        /// Bytes that a thin link lets through now.
        private var credit = 0.0
        private var credited = ContinuousClock.now

        /// How many of `count` bytes may go to the server now: before the behaviour changes, and as a thin link has
        /// room.
        mutating func allowance(of count: Int) -> Int {
            var allowed = count
            if let planned, planned.atBytesToServer >= traffic.toServer {
                allowed = Int(min(UInt64(count), planned.atBytesToServer - traffic.toServer))
            }
            guard case .throttled(let rate) = behaviour else { return allowed }
            let now = ContinuousClock.now
            // No more than what a link has room for between two looks at it.
            credit = min(Double(rate) / 50 + 1, credit + Double(rate) * (credited.duration(to: now) / .seconds(1)))
            credited = now
            return min(allowed, Int(credit))
        }

        /// Notes that bytes went to the server.
        mutating func wentToServer(_ count: Int) {
            traffic.toServer += UInt64(count)
            credit -= Double(count)
        }

        /// Changes the behaviour when it is time.
        mutating func applyPlan() {
            guard let planned, traffic.toServer >= planned.atBytesToServer else { return }
            behaviour = planned.behaviour
            self.planned = nil
        }
    }

    /// Listens, and passes on to `serverPort` of 127.0.0.1.
    ///
    /// - Throws: ``SimulationError`` where the system gives no socket or no thread.
    public init(to serverPort: UInt16) throws {
        let listener = try LoopbackListener()
        guard let wakeup = Wakeup() else { throw SimulationError("no descriptors left") }
        port = listener.port
        self.wakeup = wakeup
        let isRunning = OwnThread.start(named: "relay") { [weak self] in
            var loop = RelayLoop(listener: listener, serverPort: serverPort, wakeup: wakeup)
            while loop.turn(change: { body in self?.shared.withLock { body(&$0) } }) {}
            loop.close()
        }
        guard isRunning else { throw SimulationError("no thread for a relay") }
    }

    deinit { wakeup.signal() }

    /// What happens to the bytes from now on.
    public var behaviour: Behaviour {
        get { shared.withLock(\.behaviour) }
        set {
            shared.withLock {
                $0.behaviour = newValue
                $0.planned = nil
            }
            wakeup.signal()
        }
    }

    /// How much went through so far.
    public var traffic: Traffic { shared.withLock(\.traffic) }

    /// Changes the behaviour when exactly so many further bytes have gone to the server, in the middle of a packet if
    /// it comes so.
    public func become(_ behaviour: Behaviour, afterBytesToServer count: UInt64) {
        shared.withLock { $0.planned = (behaviour, $0.traffic.toServer + count) }
    }
}

/// What the relay's thread holds and does.
struct RelayLoop {
    private let listener: LoopbackListener
    private let serverPort: UInt16
    private let wakeup: Wakeup
    private var connections: [RelayConnection] = []
    private var behaviour = Relay.Behaviour.passing
    private var accepted = 0

    init(listener: LoopbackListener, serverPort: UInt16, wakeup: Wakeup) {
        self.listener = listener
        self.serverPort = serverPort
        self.wakeup = wakeup
    }

    /// Waits for something to do, and does it. False when the relay has gone.
    ///
    /// - Parameter change: runs its argument on what is shared with the caller; does nothing when the relay has gone.
    mutating func turn(change: ((inout Relay.Shared) -> Void) -> Void?) -> Bool {
        var entries = [
            pollfd(fd: wakeup.descriptor, events: Int16(POLLIN), revents: 0),
            pollfd(fd: listener.descriptor, events: Int16(POLLIN), revents: 0),
        ]
        let now = ContinuousClock.now
        for connection in connections { entries += connection.pollEntries(now, isThrottled: isThrottled) }
        _ = poll(&entries, nfds_t(entries.count), waitMilliseconds(now))
        wakeup.clear()
        var isAlive = false
        if entries[1].revents != 0 { accept() }
        _ = change { shared in
            isAlive = true
            follow(shared.behaviour)
            for connection in connections { connection.work(&shared) }
            // A plan may have come true while the bytes were passed on.
            follow(shared.behaviour)
            shared.traffic.connections += accepted
        }
        accepted = 0
        connections.removeAll(where: \.isOver)
        return isAlive
    }

    /// Resets what is still open.
    func close() {
        for connection in connections { connection.reset() }
    }

    private mutating func accept() {
        let client = Glibc.accept(listener.descriptor, nil, nil)
        guard client >= 0 else { return }
        accepted += 1
        connections.append(RelayConnection(client: client))
    }

    /// Does what a change of behaviour means for open connections, and for those that are new.
    private mutating func follow(_ next: Relay.Behaviour) {
        if behaviour == .silent, next != .silent {
            for connection in connections where connection.hasMissedSomething { connection.reset() }
        }
        behaviour = next
        switch next {
        case .cut: for connection in connections { connection.reset() }
        case .silent: break
        case .passing, .delayed, .throttled: for connection in connections { connection.connect(to: serverPort) }
        }
    }

    private var isThrottled: Bool {
        if case .throttled = behaviour { true } else { false }
    }

    /// Until the first delayed bytes are due, or a thin link has room; without an end where none are.
    private func waitMilliseconds(_ now: ContinuousClock.Instant) -> Int32 {
        if isThrottled, connections.contains(where: \.hasBytesForServer) { return 5 }
        guard let due = connections.compactMap(\.nextDue).min() else { return -1 }
        let (seconds, attoseconds) = now.duration(to: due).components
        return Int32(max(0, min(10_000, seconds * 1000 + attoseconds / 1_000_000_000_000_000 + 1)))
    }
}
