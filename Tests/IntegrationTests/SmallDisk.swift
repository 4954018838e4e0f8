import AgentTestKit
import Glibc

/// A small disk of its own, which others fill and free. Needs root.
final class SmallDisk: Sendable {
    enum Kind: Sendable {
        case tmpfs
        /// An image of ext4 on a loop device.
        case ext4
    }

    let path: String
    private let folder: TemporaryFolder

    init(_ kind: Kind, mebibytes: Int) async throws {
        folder = try TemporaryFolder("disk")
        path = folder.file("mount")
        mkdir(path, 0o700)
        switch kind {
        case .tmpfs:
            try await ChildProcess.run("mount", ["-t", "tmpfs", "-o", "size=\(mebibytes)m", "millrace", path])
        case .ext4:
            let image = folder.file("image")
            try await ChildProcess.run("truncate", ["-s", "\(mebibytes)M", image])
            try await ChildProcess.run("mkfs.ext4", ["-q", "-m", "0", image])
            try await ChildProcess.run("mount", ["-o", "loop", image, path])
        }
    }

    deinit {
        // Lazily: a process that hangs must not keep the folder from being removed.
        umount2(path, Int32(MNT_DETACH))
    }

    /// Others take all the space there is.
    func fill() throws {
        let descriptor = open("\(path)/others", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw TestKitError("cannot fill \(path)", errno: errno) }
        defer { close(descriptor) }
        // Ever smaller pieces, until not a single byte goes in.
        var size = 1 << 20
        let zeros = [UInt8](repeating: 0, count: size)
        while size > 0 {
            if write(descriptor, zeros, size) <= 0 { size /= 2 }
        }
        guard errno == ENOSPC else { throw TestKitError("cannot fill \(path)", errno: errno) }
        fsync(descriptor)
    }

    /// The space is there again.
    func free() { unlink("\(path)/others") }

    /// Whether this machine lets us mount one.
    static func isPermitted(_ kind: Kind) async -> Bool {
        // The reason does not matter: the test is skipped.
        (try? await SmallDisk(kind, mebibytes: 8)) != nil
    }
}
