import AgentTestKit
import Glibc

/// The end of `sd_notify(3)` that systemd would hold.
final class NotifySocket: Sendable {
    let path: String
    private let folder: TemporaryFolder
    private let descriptor: Int32

    init() throws {
        folder = try TemporaryFolder("notify")
        path = folder.file("socket")
        descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
        guard descriptor >= 0 else { throw TestKitError("cannot make a socket", errno: errno) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let code = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard code == 0 else { throw TestKitError("cannot bind \(path)", errno: errno) }
    }

    deinit { close(descriptor) }

    /// The next message; nil where none has come.
    func receive() -> String? {
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = recv(descriptor, &bytes, bytes.count, 0)
        return count > 0 ? String(decoding: bytes[..<count], as: UTF8.self) : nil
    }

    /// Takes messages until one begins with these words; false where none comes.
    func receives(_ words: String) async -> Bool {
        await eventually {
            while let message = receive() {
                if message.hasPrefix(words) { return true }
            }
            return false
        }
    }
}
