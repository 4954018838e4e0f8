import Glibc
import NIOCore
import Synchronization

/// Bytes of all connections of one link.
final class TrafficCounter: Sendable {
    private let sent = Atomic<UInt64>(0)
    private let received = Atomic<UInt64>(0)
    private let requests = Atomic<UInt64>(0)

    var traffic: LinkTraffic {
        LinkTraffic(
            bytesSent: sent.load(ordering: .relaxed), bytesReceived: received.load(ordering: .relaxed),
            messages: requests.load(ordering: .relaxed))
    }

    func addRequest() { requests.wrappingAdd(1, ordering: .relaxed) }

    func add(sent bytesSent: UInt64, received bytesReceived: UInt64) {
        sent.wrappingAdd(bytesSent, ordering: .relaxed)
        received.wrappingAdd(bytesReceived, ordering: .relaxed)
    }
}

/// Reads off one connection's socket what it has moved, and adds it to a counter: TLS with its handshake, what TCP sent
/// again, answers of a proxy, everything from the first byte on.
///
/// It stands next to the socket, passes everything on as it is, and reads whenever something has arrived and before the
/// connection is closed. A connection whose TLS handshake fails is never seen, so that its few kilobytes are not
/// counted.
final class TrafficMeter: ChannelDuplexHandler {
    typealias InboundIn = Any
    typealias OutboundIn = Any

    private let counter: TrafficCounter
    private var known: (sent: UInt64, received: UInt64) = (0, 0)

    init(_ counter: TrafficCounter) { self.counter = counter }

    func handlerAdded(context: ChannelHandlerContext) { read(context) }

    func channelReadComplete(context: ChannelHandlerContext) {
        read(context)
        context.fireChannelReadComplete()
    }

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        read(context)
        context.close(mode: mode, promise: promise)
    }

    private func read(_ context: ChannelHandlerContext) {
        guard let provider = context.channel as? any SocketOptionProvider else { return }
        let reading: EventLoopFuture<TCPCounters> = provider.unsafeGetSocketOption(
            level: SocketOptionLevel(IPPROTO_TCP), name: SocketOptionName(TCP_INFO))
        // On the channel's own loop the answer is there at once. A closed socket has none, and was read before.
        reading.assumeIsolated().whenSuccess { now in
            guard now.sent >= self.known.sent, now.received >= self.known.received else { return }
            self.counter.add(sent: now.sent - self.known.sent, received: now.received - self.known.received)
            self.known = (now.sent, now.received)
        }
    }
}

/// The beginning of the kernel's `struct tcp_info`, up to `tcpi_bytes_sent`; glibc's own ends before that. A kernel
/// older than 4.19 leaves zeros.
private struct TCPCounters: Sendable {
    private var words = InlineArray<26, UInt64>(repeating: 0)

    /// `tcpi_bytes_sent`, payload of TCP, what was sent again included.
    var sent: UInt64 { words[25] }
    /// `tcpi_bytes_received`.
    var received: UInt64 { words[16] }
}
