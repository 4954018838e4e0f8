import Glibc

/// Tells systemd how the service is: `sd_notify(3)`, spoken directly, because one datagram is all of it.
public struct ServiceNotifier: Sendable {
    private let path: String?

    /// - Parameter path: `$NOTIFY_SOCKET`; nil where systemd did not start us, and then nothing is sent.
    public init(path: String?) { self.path = path }

    /// Start-up is finished.
    public func ready() { send("READY=1\nSTATUS=running") }
    /// The configuration is being read again, until ``ready()``.
    public func reloading() { send("RELOADING=1\nMONOTONIC_USEC=\(monotonicMicroseconds())\nSTATUS=reloading") }
    /// The service is about to end.
    public func stopping() { send("STOPPING=1\nSTATUS=stopping") }
    /// The commit loop is alive.
    public func watchdog() { send("WATCHDOG=1") }

    private func monotonicMicroseconds() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000
    }

    private func send(_ state: String) {
        guard let path, !path.isEmpty else { return }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        var bytes = Array(path.utf8)
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else { return }
        // A name that begins with @ is in the abstract namespace (unix(7)).
        if bytes[0] == 0x40 { bytes[0] = 0 }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let size = socklen_t(MemoryLayout<sa_family_t>.size + bytes.count)
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        let message = Array(state.utf8)
        // systemd notices a missing word by its own time-outs; there is nobody else to tell.
        _ = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                sendto(descriptor, message, message.count, Int32(MSG_NOSIGNAL), $0, size)
            }
        }
    }
}
