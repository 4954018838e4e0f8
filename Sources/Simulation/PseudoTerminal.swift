import Glibc
import Synchronization

/// A serial device made of software: a test, or a simulated sensor, holds one end of a pseudo-terminal and is the
/// device; the other end has a path that can be opened like a serial port.
///
/// The path is a link in a temporary folder. It stays the same when the device is unplugged and plugged in again, as
/// the links in `/dev/serial/by-id` do.
public final class PseudoTerminal: Sendable {
    /// Where the port is found while the device is plugged in.
    public let path: String
    private let folder: String
    /// The device's end; nil while it is unplugged.
    private let device: Mutex<Int32?> = Mutex(nil)

    /// A device that is plugged in, unless `isPluggedIn` is false.
    ///
    /// - Throws: ``PseudoTerminalError`` where the system has no pseudo-terminal or temporary folder to give.
    public init(isPluggedIn: Bool = true) throws(PseudoTerminalError) {
        var template = Array("\(Self.temporaryFolder)/millrace-tty-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw PseudoTerminalError("make a temporary folder") }
        folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        path = folder + "/port"
        if isPluggedIn { try plugIn() }
    }

    deinit {
        unplug()
        rmdir(folder)
    }

    /// Plugs the device in, under the same path. Does nothing where it is.
    ///
    /// - Throws: ``PseudoTerminalError`` where the system has no pseudo-terminal to give.
    public func plugIn() throws(PseudoTerminalError) {
        let path = self.path
        try device.withLock { device throws(PseudoTerminalError) in
            guard device == nil else { return }
            let descriptor = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC)
            guard descriptor >= 0 else { throw PseudoTerminalError("open a pseudo-terminal") }
            guard let port = Self.unlock(descriptor), Self.makeRaw(descriptor), symlink(port, path) == 0 else {
                let failure = PseudoTerminalError("set up a pseudo-terminal at \(path)")
                close(descriptor)
                throw failure
            }
            device = descriptor
        }
    }

    /// Unplugs the device: who has the port open sees a hang-up, and bytes it had not read are gone.
    public func unplug() {
        device.withLock { device in
            guard let descriptor = device else { return }
            unlink(path)
            close(descriptor)
            device = nil
        }
    }

    /// Sends bytes as the device, and waits while the port's buffers are full.
    ///
    /// - Parameters:
    ///   - pieceSize: how many bytes go in one write; all at once by default.
    ///   - pause: how long to wait between two writes.
    /// - Throws: ``PseudoTerminalError`` where the device is unplugged, or where nobody reads for 30 s.
    public func send(
        _ bytes: some Sequence<UInt8>, pieceSize: Int = .max, pause: Duration = .zero
    ) throws(PseudoTerminalError) {
        var rest = Array(bytes)[...]
        while !rest.isEmpty {
            let count = try write(rest.prefix(pieceSize))
            rest = rest.dropFirst(count)
            if pause > .zero, !rest.isEmpty { Self.sleep(pause) }
        }
    }

    /// Sends text as the device.
    ///
    /// - Throws: ``PseudoTerminalError`` as ``send(_:pieceSize:pause:)-(Sequence<UInt8>,_,_)`` does.
    public func send(
        _ text: String, pieceSize: Int = .max, pause: Duration = .zero
    ) throws(PseudoTerminalError) {
        try send(text.utf8, pieceSize: pieceSize, pause: pause)
    }

    /// What the other side has written since the last call, as far as it is there; empty where nothing is.
    public func received() -> [UInt8] {
        device.withLock { device in
            guard let device else { return [] }
            var bytes: [UInt8] = []
            withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 1) { buffer in
                while true {
                    let count = read(device, buffer.baseAddress, buffer.count)
                    guard count > 0 else { return }
                    bytes.append(contentsOf: buffer[..<count])
                }
            }
            return bytes
        }
    }

    private func write(_ bytes: ArraySlice<UInt8>) throws(PseudoTerminalError) -> Int {
        let deadline = ContinuousClock.now + .seconds(30)
        while ContinuousClock.now < deadline {
            // The lock is held for each try only, so that another thread can unplug a device whose buffers are full.
            let (count, code) = device.withLock { device in
                guard let device else { return (-1, ENODEV) }
                return (bytes.withUnsafeBytes { Glibc.write(device, $0.baseAddress, $0.count) }, errno)
            }
            if count > 0 { return count }
            guard count == 0 || code == EAGAIN || code == EINTR else {
                throw PseudoTerminalError("send to \(path)", errno: code)
            }
            Self.sleep(.milliseconds(1))
        }
        throw PseudoTerminalError("send to \(path): nobody reads", errno: ETIMEDOUT)
    }

    /// Makes the other end usable, and returns its path. These are unlockpt and ptsname, which Glibc's Swift module
    /// leaves out.
    private static func unlock(_ descriptor: Int32) -> String? {
        let setLock: UInt = 0x4004_5431  // TIOCSPTLCK
        let getNumber: UInt = 0x8004_5430  // TIOCGPTN
        var lock: Int32 = 0
        var number: UInt32 = 0
        guard ioctl(descriptor, setLock, &lock) == 0, ioctl(descriptor, getNumber, &number) == 0 else { return nil }
        return "/dev/pts/\(number)"
    }

    /// Without this, what is sent before the port is opened and set up would come back as an echo.
    private static func makeRaw(_ descriptor: Int32) -> Bool {
        var settings = termios()
        guard tcgetattr(descriptor, &settings) == 0 else { return false }
        cfmakeraw(&settings)
        return tcsetattr(descriptor, TCSANOW, &settings) == 0
    }

    private static var temporaryFolder: String { getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp" }

    private static func sleep(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        var request = timespec(tv_sec: Int(seconds), tv_nsec: Int(attoseconds / 1_000_000_000))
        var rest = timespec()
        while nanosleep(&request, &rest) != 0, errno == EINTR { request = rest }
    }
}

/// Why a pseudo-terminal could not be used.
public struct PseudoTerminalError: Error, Sendable, CustomStringConvertible {
    /// What was attempted, and what the system said.
    public let description: String

    init(_ attempt: String, errno code: Int32 = errno) {
        description = "cannot \(attempt): \(String(cString: strerror(code)))"
    }
}
