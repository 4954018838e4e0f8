import AgentTestKit
import Glibc
import Simulation
import Threads

/// A connection to a unix socket that sends what no HTTP client would, with calls that block.
final class RawConnection: Sendable {
    private let descriptor: Int32

    init(to path: String) throws(TestKitError) {
        let (descriptor, code) = Self.connect(to: path)
        guard code == 0 else {
            close(descriptor)
            throw TestKitError("cannot connect to \(path)", errno: code)
        }
        self.descriptor = descriptor
        limitWaits()
    }

    /// Over TCP, with little room for what comes.
    init(port: Int) throws(TestKitError) {
        guard let descriptor = LoopbackListener.connect(to: UInt16(port)) else {
            throw TestKitError("nobody listens on port \(port)")
        }
        self.descriptor = descriptor
        var room: Int32 = 4096
        setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &room, socklen_t(MemoryLayout<Int32>.size))
        limitWaits()
    }

    private func limitWaits() {
        var time = timeval()
        time.tv_sec = 30
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit { close(descriptor) }

    /// Sends all of it.
    func send(_ bytes: [UInt8]) throws(TestKitError) {
        guard Self.send(bytes, to: descriptor) else { throw TestKitError("cannot send", errno: errno) }
    }

    /// What has come; empty at the end.
    func receive() throws(TestKitError) -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: 16 << 10)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        guard count >= 0 else { throw TestKitError("nothing comes", errno: errno) }
        return Array(buffer[..<count])
    }

    /// The port of this end, over TCP.
    func localPort() throws(TestKitError) -> UInt16 {
        var address = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let code = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
        }
        guard code == 0 else { throw TestKitError("the socket has no name", errno: errno) }
        return UInt16(bigEndian: address.sin_port)
    }

    /// Opens a socket and tries to connect it; the descriptor is the caller's to close, whatever `errno` says.
    static func connect(to path: String, flags: Int32 = 0) -> (descriptor: Int32, errno: Int32) {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | flags, 0)
        guard descriptor >= 0 else { return (descriptor, errno) }
        return (descriptor, withAddress(path) { Glibc.connect(descriptor, $0, $1) == 0 ? 0 : errno })
    }

    fileprivate static func send(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    fileprivate static func withAddress<Value>(
        _ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Value
    ) -> Value {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix($0.count - 1)) }
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }
}

/// A unix socket at which something answers that may be no agent at all.
final class RawListener: Sendable {
    private let descriptor: Int32

    /// - Parameter answer: the pieces in which each connection is answered once a header has come, before it is closed;
    ///   nil: never, and it stays open.
    init(at path: String, answering answer: [[UInt8]]?) throws(TestKitError) {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        self.descriptor = descriptor
        guard RawConnection.withAddress(path, { bind(descriptor, $0, $1) }) == 0, listen(descriptor, 8) == 0 else {
            throw TestKitError("cannot listen at \(path)", errno: errno)
        }
        // The thread has a descriptor of its own: it may still use it when this one's number is another's already.
        let own = dup(descriptor)
        let isRunning = OwnThread.start(named: "listener") {
            while let answer, case let connection = accept(own, nil, nil), connection >= 0 {
                Self.serve(answer, on: connection)
                close(connection)
            }
            close(own)
        }
        guard isRunning else { throw TestKitError("no thread for a listener") }
    }

    /// Ends its thread, too.
    deinit {
        shutdown(descriptor, Int32(SHUT_RDWR))
        close(descriptor)
    }

    private static func serve(_ answer: [[UInt8]], on connection: Int32) {
        var header: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while header.firstRange(of: Array("\r\n\r\n".utf8)) == nil {
            let count = recv(connection, &buffer, buffer.count, 0)
            guard count > 0 else { return }
            header += buffer[..<count]
        }
        for piece in answer {
            guard RawConnection.send(piece, to: connection) else { return }
            // So that the pieces come as pieces, as far as that can be had.
            sched_yield()
        }
    }
}
