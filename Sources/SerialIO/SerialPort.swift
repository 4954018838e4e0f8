import CTermios
import Glibc

/// An open serial line, held by nobody else: the one type that speaks to the terminal driver.
///
/// It closes when its owner lets go of it.
public struct SerialPort: ~Copyable {
    /// The answer to a read.
    public enum ReadResult: Equatable, Sendable {
        /// So many bytes were read: at least one.
        case bytes(Int)
        /// Nothing is there at present.
        case nothing
        /// The device is gone, and with it what was not read. The port is of no more use: let go of it.
        case hungUp
    }

    /// Where it was opened.
    public let path: String
    private let file: OwnedDescriptor

    /// Opens the device for this process alone, sets it up, and throws away what was received before.
    ///
    /// - Throws: ``SerialPortError``: ``SerialPortError/Code/absent`` where there is no such device, and the other
    ///   codes where there is one that cannot be used.
    public init(opening path: String, settings: SerialSettings) throws(SerialPortError) {
        // Without O_NONBLOCK the call would wait for a carrier on lines that are set to watch it.
        let descriptor = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else { throw SerialPortError(opening: path, errno: errno) }
        let file = OwnedDescriptor(adopting: descriptor)
        guard isatty(file.rawValue) == 1 else { throw SerialPortError(.notSerial, "\(path) is not a serial device") }
        try Self.claim(file.rawValue, path: path)
        try Self.configure(file.rawValue, path: path, settings: settings)
        guard millrace_line_flush(file.rawValue) == 0 else { throw SerialPortError(using: path, errno: errno) }
        self.path = path
        self.file = file
    }

    /// What `poll` waits on. It belongs to the port: never close it.
    public var descriptor: Int32 { file.rawValue }

    /// The speed that the driver really set, bits per second.
    public var baud: Int? { Self.read(file.rawValue).map { Int($0.baud) } }

    /// Reads what is there, at most as much as fits into `buffer`; never waits.
    public func read(into buffer: UnsafeMutableRawBufferPointer) -> ReadResult {
        while true {
            let count = Glibc.read(file.rawValue, buffer.baseAddress, buffer.count)
            if count > 0 { return .bytes(count) }
            if count == 0 { return .hungUp }
            switch errno {
            case EINTR: continue
            case EAGAIN: return .nothing
            // EIO, ENODEV and ENXIO say that the device is gone; of anything else a new opening tells more.
            default: return .hungUp
            }
        }
    }

    /// Makes sure that no other program reads the line: two readers each get a part of the bytes.
    private static func claim(_ descriptor: Int32, path: String) throws(SerialPortError) {
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            throw errno == EWOULDBLOCK ? .held(path) : SerialPortError(using: path, errno: errno)
        }
        // The mark of TIOCEXCL goes when the line is closed, even by a crash; but a pseudo-terminal keeps it for as
        // long as its other side is open, so there the lock must do.
        guard millrace_line_is_pseudo(descriptor) != 1 else { return }
        guard millrace_line_is_claimed(descriptor) != 1 else { throw .held(path) }
        // A driver without the mark still has the lock.
        _ = millrace_line_claim(descriptor)
    }

    /// Sets the line up, and looks at what the driver made of it: it may take a part and say nothing.
    private static func configure(
        _ descriptor: Int32, path: String, settings: SerialSettings
    ) throws(SerialPortError) {
        let wanted = settings.line
        guard withUnsafePointer(to: wanted, { millrace_line_configure(descriptor, $0) }) == 0 else {
            throw SerialPortError(using: path, errno: errno)
        }
        guard let set = read(descriptor) else { throw SerialPortError(using: path, errno: errno) }
        // A receiver bears about 5 % between both sides; each may be off by half of it.
        guard abs(Int(set.baud) - settings.baud) * 100 <= settings.baud * 3 else {
            throw SerialPortError(
                .settingsRefused, "\(path) cannot run at \(settings.baud) baud: its driver offers \(set.baud)")
        }
        let isFormatSet =
            set.data_bits == wanted.data_bits && set.parity == wanted.parity && set.stop_bits == wanted.stop_bits
        guard isFormatSet, set.flow == wanted.flow else {
            throw SerialPortError(.settingsRefused, "\(path) cannot run with \(settings): its driver refuses it")
        }
    }

    private static func read(_ descriptor: Int32) -> millrace_line? {
        var line = millrace_line()
        return millrace_line_read(descriptor, &line) == 0 ? line : nil
    }
}

extension SerialSettings {
    /// As the driver takes them.
    fileprivate var line: millrace_line {
        let parity: Int32 =
            switch parity {
            case .none: 0
            case .even: 1
            case .odd: 2
            }
        let flow: Int32 =
            switch flowControl {
            case .none: 0
            case .hardware: 1
            case .software: 2
            }
        return millrace_line(
            baud: Int32(clamping: baud), data_bits: Int32(clamping: dataBits), parity: parity,
            stop_bits: Int32(clamping: stopBits), flow: flow)
    }
}
