import Glibc
import Synchronization
import Threads
import Uplinks

/// The sockets that librdkafka has open, and what has gone over all of them so far: it makes and closes them through
/// here, on its own threads.
final class OpenSockets: Sendable {
    private struct State {
        var open: Set<Int32> = []
        var closed = LinkTraffic()
    }

    private let state = Mutex(State())

    /// Bytes on the wire since the first socket.
    var traffic: LinkTraffic {
        state.withLock { state in state.open.reduce(state.closed) { Self.sum($0, $1) } }
    }

    /// `socket(2)`; -1 where the system gives none, with `errno` set.
    func open(domain: Int32, type: Int32, protocol number: Int32) -> Int32 {
        let descriptor = socket(domain, type | Int32(SOCK_CLOEXEC.rawValue), number)
        if descriptor >= 0 { state.withLock { _ = $0.open.insert(descriptor) } }
        return descriptor
    }

    /// `close(2)`, after a last look at the counters.
    func close(_ descriptor: Int32) -> Int32 {
        // Closed with the lock held: the number may belong to somebody else's socket at once.
        state.withLock { state in
            if state.open.remove(descriptor) != nil { state.closed = Self.sum(state.closed, descriptor) }
            return Glibc.close(descriptor)
        }
    }

    private static func sum(_ traffic: LinkTraffic, _ descriptor: Int32) -> LinkTraffic {
        guard let socket = SocketTraffic(of: descriptor) else { return traffic }
        return LinkTraffic(
            bytesSent: traffic.bytesSent + socket.sent, bytesReceived: traffic.bytesReceived + socket.received)
    }
}
