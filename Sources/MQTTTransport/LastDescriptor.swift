import Glibc

/// A second descriptor for a connection that libmosquitto is about to close.
///
/// Closing a socket while unread bytes wait in it sends a reset, and a broker that sees the reset may not read the
/// acknowledgements sent just before. So the last close is ours: after an orderly end in both directions.
struct LastDescriptor: ~Copyable {
    /// One ``discard()`` takes no more than this many buffers, so that a peer that floods holds nobody.
    private static let readsMax = 256
    private let descriptor: Int32

    /// Nil where there is no descriptor to be had.
    init?(of original: Int32) {
        descriptor = fcntl(original, F_DUPFD_CLOEXEC, 0)
        guard descriptor >= 0 else { return nil }
    }

    deinit { close(descriptor) }

    /// Discards what has come from the peer.
    ///
    /// - Returns: whether something had, and whether the peer has ended its side.
    func discard() -> (hasArrived: Bool, isAtEnd: Bool) {
        withUnsafeTemporaryAllocation(byteCount: 16 << 10, alignment: 16) { buffer in
            for number in 0..<Self.readsMax {
                let count = recv(descriptor, buffer.baseAddress, buffer.count, Int32(MSG_DONTWAIT))
                guard count <= 0 else { continue }
                return (number > 0, count == 0 || (errno != EAGAIN && errno != EINTR))
            }
            return (true, false)
        }
    }

    /// Says that nothing more follows, and discards what comes until the peer has ended its side too: then it has read
    /// all that was sent.
    func finish(_ patience: PeerPatience) {
        guard shutdown(descriptor, Int32(SHUT_WR)) == 0 else { return }
        var patience = patience
        while !patience.isOver {
            _ = poll(descriptor, for: POLLIN, until: patience.nextLook)
            let (hasArrived, isAtEnd) = discard()
            if isAtEnd { return }
            patience.look(at: SocketOptions(descriptor: descriptor), hasArrived: hasArrived)
        }
    }
}

/// How long a peer is waited for: until a deadline, and not beyond a time in which it neither takes nor sends a byte.
struct PeerPatience {
    private let silenceMax: Duration
    private let deadline: ContinuousClock.Instant
    private var lastSign = ContinuousClock.now
    private var untaken = 0

    init(silenceMax: Duration, until deadline: ContinuousClock.Instant) {
        self.silenceMax = silenceMax
        self.deadline = deadline
    }

    var isOver: Bool { ContinuousClock.now >= min(deadline, lastSign + silenceMax) }

    /// Nothing wakes us when the peer takes what we have written, so it is looked at now and then.
    var nextLook: ContinuousClock.Instant { min(deadline, .now + .milliseconds(50)) }

    /// Takes note of what the peer has done since the last look.
    mutating func look(at socket: SocketOptions, hasArrived: Bool) {
        let left = socket.bytesUntaken
        if hasArrived || left < untaken { lastSign = .now }
        untaken = left
    }
}
