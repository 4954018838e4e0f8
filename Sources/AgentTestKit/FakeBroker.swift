import Glibc
import Synchronization
import Threads

/// A scripted MQTT server on loopback, for what a real broker does not do: never answer, answer with failures, send
/// nonsense, stop in the middle of a packet.
///
/// Each connection runs the script on a thread of its own; the connection is closed when the script returns.
public final class FakeBroker: Sendable {
    /// The port on 127.0.0.1.
    public let port: UInt16
    private let listener: LoopbackListener
    private let wakeup: Wakeup
    private let state = Mutex(State())

    private struct State {
        var connectionsSeen = 0
        var received: [FakeBrokerConnection.Packet] = []
    }

    /// Starts to listen.
    ///
    /// - Parameter script: what to do with a connection; `number` counts them from 1.
    /// - Throws: ``SimulationError`` where the system gives no port or thread.
    public init(_ script: @escaping @Sendable (_ number: Int, _ connection: FakeBrokerConnection) -> Void) throws {
        listener = try LoopbackListener()
        port = listener.port
        guard let wakeup = Wakeup() else { throw TestKitError("no descriptors left") }
        self.wakeup = wakeup
        let isRunning = OwnThread.start(named: "fake-broker") { [listener, wakeup, weak self] in
            while true {
                var entries = [
                    pollfd(fd: listener.descriptor, events: Int16(POLLIN), revents: 0),
                    pollfd(fd: wakeup.descriptor, events: Int16(POLLIN), revents: 0),
                ]
                _ = poll(&entries, 2, -1)
                guard entries[1].revents == 0 else { return }
                let descriptor = accept(listener.descriptor, nil, nil)
                guard descriptor >= 0 else { continue }
                guard let broker = self else {
                    close(descriptor)
                    return
                }
                broker.serve(descriptor, script)
            }
        }
        guard isRunning else { throw TestKitError("no thread for a fake broker") }
    }

    deinit { wakeup.signal() }

    /// Connections accepted so far.
    public var connectionsSeen: Int { state.withLock(\.connectionsSeen) }

    /// All packets received so far, over all connections.
    public var received: [FakeBrokerConnection.Packet] { state.withLock(\.received) }

    private func serve(_ descriptor: Int32, _ script: @escaping @Sendable (Int, FakeBrokerConnection) -> Void) {
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        let number = state.withLock { state in
            state.connectionsSeen += 1
            return state.connectionsSeen
        }
        let connection = FakeBrokerConnection(descriptor: descriptor) { [weak self] packet in
            self?.state.withLock { $0.received.append(packet) }
        }
        _ = OwnThread.start(named: "fake-conn") { script(number, connection) }
    }
}
