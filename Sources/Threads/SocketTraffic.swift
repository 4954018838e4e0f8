import Glibc

/// What the kernel has counted of a TCP connection: bytes of its payload, those of TLS and those sent again included.
public struct SocketTraffic: Hashable, Sendable {
    /// Towards the peer.
    public var sent: UInt64 = 0
    /// From the peer.
    public var received: UInt64 = 0

    /// Nothing yet.
    public init() {}

    /// Reads the counters of a connection; nil where the kernel does not tell: Linux does since 4.19.
    public init?(of descriptor: Int32) {
        // tcpi_bytes_sent and tcpi_bytes_received of <linux/tcp.h>; glibc's own struct tcp_info ends before them.
        let counters: (UInt64, UInt64)? = withUnsafeTemporaryAllocation(byteCount: 208, alignment: 8) { buffer in
            var length = socklen_t(buffer.count)
            let code = getsockopt(descriptor, Int32(IPPROTO_TCP), TCP_INFO, buffer.baseAddress, &length)
            guard code == 0, Int(length) >= 208 else { return nil }
            return (
                buffer.load(fromByteOffset: 200, as: UInt64.self), buffer.load(fromByteOffset: 128, as: UInt64.self)
            )
        }
        guard let counters else { return nil }
        (sent, received) = counters
    }
}
