import Glibc

/// Both halves of one connection through a ``Relay``. Used by the relay's thread only.
final class RelayConnection {
    private var client: End
    private var server = End(descriptor: -1)
    private var isConnected = false
    /// Bytes of it vanished, or an end: it cannot go on as if nothing had been.
    private(set) var hasMissedSomething = false
    private(set) var isOver = false

    /// One socket, and what waits to be written to it.
    private struct End {
        var descriptor: Int32
        var waiting: [(due: ContinuousClock.Instant, bytes: [UInt8])] = []
        var waitingSize = 0

        var hasRoom: Bool { waitingSize < 256 << 10 }

        mutating func discardWaiting() {
            waiting = []
            waitingSize = 0
        }
    }

    init(client descriptor: Int32) {
        RelayConnection.prepare(descriptor)
        client = End(descriptor: descriptor)
    }

    /// Connects to the server, where that has not been done yet. The client of a dead server is reset.
    func connect(to port: UInt16) {
        guard !isConnected, !isOver else { return }
        guard let descriptor = LoopbackListener.connect(to: port) else { return reset() }
        RelayConnection.prepare(descriptor)
        server.descriptor = descriptor
        isConnected = true
    }

    /// Two entries for `poll`, the client's first.
    ///
    /// - Parameter isThrottled: that the server's socket has room says nothing then.
    func pollEntries(_ now: ContinuousClock.Instant, isThrottled: Bool) -> [pollfd] {
        var forServer = entry(of: server, peer: client, now)
        if isThrottled { forServer.events &= ~Int16(POLLOUT) }
        return [entry(of: client, peer: server, now), forServer]
    }

    /// Whether something waits to go to the server.
    var hasBytesForServer: Bool { !server.waiting.isEmpty }

    /// When the first delayed bytes are due.
    var nextDue: ContinuousClock.Instant? {
        [client.waiting.first?.due, server.waiting.first?.due].compactMap(\.self).filter { $0 > .now }.min()
    }

    /// Passes on what there is.
    func work(_ shared: inout Relay.Shared) {
        guard !isOver, shared.behaviour != .cut else { return }
        if shared.behaviour == .silent { swallowWaiting(&shared) }
        let isClientEnded = take(from: client.descriptor, for: &server, &shared)
        let isServerEnded = take(from: server.descriptor, for: &client, &shared)
        guard shared.behaviour != .silent else {
            if isClientEnded { vanish(&client) }
            if isServerEnded { vanish(&server) }
            return
        }
        let isClientThere = give(&client, isServer: false, &shared)
        let isServerThere = give(&server, isServer: true, &shared)
        shared.applyPlan()
        if shared.behaviour == .silent {
            swallowWaiting(&shared)
        } else if !isClientThere || !isServerThere {
            reset()
        } else if isClientEnded && server.waiting.isEmpty || isServerEnded && client.waiting.isEmpty {
            end()
        }
    }

    /// Closes both halves with RST.
    func reset() {
        for descriptor in [client.descriptor, server.descriptor] where descriptor >= 0 {
            var option = linger(l_onoff: 1, l_linger: 0)
            setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
        }
        end()
    }

    private func end() {
        for descriptor in [client.descriptor, server.descriptor] where descriptor >= 0 { close(descriptor) }
        client.descriptor = -1
        server.descriptor = -1
        isOver = true
    }

    private func vanish(_ end: inout End) {
        guard end.descriptor >= 0 else { return }
        close(end.descriptor)
        end.descriptor = -1
        hasMissedSomething = true
    }

    /// Reads what has come; true when the connection has ended on this side.
    private func take(from descriptor: Int32, for end: inout End, _ shared: inout Relay.Shared) -> Bool {
        guard descriptor >= 0 else { return false }
        var delay = Duration.zero
        if case .delayed(let duration) = shared.behaviour { delay = duration }
        while shared.behaviour == .silent || isConnected && end.hasRoom {
            let bytes = [UInt8](unsafeUninitializedCapacity: 32 << 10) { buffer, count in
                count = max(0, recv(descriptor, buffer.baseAddress, buffer.count, 0))
            }
            // Nothing yet is EAGAIN; the end is 0 without an error, or an error.
            guard !bytes.isEmpty else {
                var byte: UInt8 = 0
                let count = recv(descriptor, &byte, 1, Int32(MSG_PEEK))
                return count == 0 || count < 0 && errno != EAGAIN && errno != EINTR
            }
            if shared.behaviour == .silent {
                shared.traffic.swallowed += UInt64(bytes.count)
                hasMissedSomething = true
            } else {
                end.waiting.append((.now + delay, bytes))
                end.waitingSize += bytes.count
            }
        }
        return false
    }

    /// Writes what is due; false when nobody is there to take it. A plan may stop the server's bytes at any of them.
    private func give(_ end: inout End, isServer: Bool, _ shared: inout Relay.Shared) -> Bool {
        while let first = end.waiting.first, first.due <= .now {
            let allowed = isServer ? shared.allowance(of: first.bytes.count) : first.bytes.count
            guard allowed > 0 else { return true }
            let sent = first.bytes.withUnsafeBytes {
                send(end.descriptor, $0.baseAddress, allowed, Int32(MSG_NOSIGNAL))
            }
            guard sent > 0 else { return errno == EAGAIN || errno == EINTR }
            if isServer {
                shared.wentToServer(sent)
            } else {
                shared.traffic.toClient += UInt64(sent)
            }
            end.waitingSize -= sent
            if sent == first.bytes.count {
                end.waiting.removeFirst()
            } else {
                end.waiting[0].bytes.removeFirst(sent)
            }
        }
        return true
    }

    /// What was on its way when the cable was cut.
    private func swallowWaiting(_ shared: inout Relay.Shared) {
        let size = client.waitingSize + server.waitingSize
        guard size > 0 else { return }
        shared.traffic.swallowed += UInt64(size)
        hasMissedSomething = true
        client.discardWaiting()
        server.discardWaiting()
    }

    private func entry(of end: End, peer: End, _ now: ContinuousClock.Instant) -> pollfd {
        var events: Int16 = 0
        if peer.hasRoom { events |= Int16(POLLIN) }
        if let due = end.waiting.first?.due, due <= now { events |= Int16(POLLOUT) }
        return pollfd(fd: end.descriptor, events: events, revents: 0)
    }

    private static func prepare(_ descriptor: Int32) {
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
        var isOn: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &isOn, socklen_t(MemoryLayout<Int32>.size))
    }
}
