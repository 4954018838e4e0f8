import Glibc
import Threads

/// What is done to libmosquitto's socket beside libmosquitto.
struct SocketOptions {
    let descriptor: Int32

    /// Holds small segments back until ``uncork()``, so that a row of packets travels in one segment.
    func cork() { set(TCP_CORK, 1) }

    /// Sends what was held back.
    func uncork() { set(TCP_CORK, 0) }

    /// Sends the TCP acknowledgement now: a peer with Nagle's algorithm holds small packets until it has seen it.
    func acknowledgeNow() { set(TCP_QUICKACK, 1) }

    /// Ends the connection when sent bytes stay unacknowledged by the peer's kernel for `timeout` (RFC 5482): a silent
    /// cut is then noticed half a keep-alive after the ping went out.
    func setUserTimeout(_ timeout: Duration) {
        set(TCP_USER_TIMEOUT, Int32(clamping: Int64(timeout / .milliseconds(1))))
    }

    /// Bytes of TCP payload since the connection began; nil where the kernel does not tell.
    var traffic: SocketTraffic? { SocketTraffic(of: descriptor) }

    /// Bytes written that the peer's kernel has not taken yet; 0 where the kernel does not tell.
    var bytesUntaken: Int {
        var count: Int32 = 0
        return ioctl(descriptor, UInt(TIOCOUTQ), &count) == 0 ? Int(count) : 0
    }

    /// Whether the peer has ended the connection and nothing is left to read.
    var isAtEnd: Bool {
        var byte: UInt8 = 0
        let count = recv(descriptor, &byte, 1, Int32(MSG_PEEK | MSG_DONTWAIT))
        return count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR)
    }

    private func set(_ option: Int32, _ value: Int32) {
        var value = value
        // A failure costs speed, never safety: the option is an optimisation or a second line of defence.
        _ = setsockopt(descriptor, Int32(IPPROTO_TCP), option, &value, socklen_t(MemoryLayout<Int32>.size))
    }
}

/// Waits for one descriptor; false when the deadline has passed.
func poll(_ descriptor: Int32, for events: Int32, until deadline: ContinuousClock.Instant) -> Bool {
    while true {
        var entry = pollfd(fd: descriptor, events: Int16(events), revents: 0)
        let count = poll(&entry, 1, deadline.pollMilliseconds)
        if count > 0 { return true }
        if count == 0 { return false }
    }
}

extension ContinuousClock.Instant {
    /// From now to this instant for `poll(2)`, rounded up, at most a minute.
    var pollMilliseconds: Int32 {
        let remaining = ContinuousClock.now.duration(to: self)
        guard remaining > .zero else { return 0 }
        return Int32(min(60_000, Int64((remaining / .milliseconds(1)).rounded(.up))))
    }
}
