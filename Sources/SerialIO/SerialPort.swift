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
    private let file: ClaimedLine

    /// Opens the device for this process alone, sets it up, and throws away what was received before.
    ///
    /// - Throws: ``SerialPortError``: ``SerialPortError/Code/absent`` where there is no such device, and the other
    ///   codes where there is one that cannot be used.
    public init(opening path: String, settings: SerialSettings) throws(SerialPortError) {
        // Without O_NONBLOCK the call would wait for a carrier on lines that are set to watch it.
        let descriptor = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else { throw SerialPortError(opening: path, errno: errno) }
        let opened = OwnedDescriptor(adopting: descriptor)
        guard isatty(opened.rawValue) == 1 else { throw SerialPortError(.notSerial, "\(path) is not a serial device") }
        let file = try ClaimedLine(claiming: opened, path: path)
        try Self.configure(file.rawValue, path: path, settings: settings)
        try Self.setWires(file.rawValue, path: path, settings: settings)
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

    /// Writes as much as the driver takes at once, and returns how much that was; never waits. Nil where the device is
    /// gone.
    public func write(_ bytes: ArraySlice<UInt8>) -> Int? {
        while true {
            let count = bytes.withUnsafeBytes { Glibc.write(file.rawValue, $0.baseAddress, $0.count) }
            if count >= 0 { return count }
            switch errno {
            case EINTR: continue
            case EAGAIN: return 0
            default: return nil
            }
        }
    }

    /// Changes the speed of the open line.
    ///
    /// - Throws: ``SerialPortError`` where the driver does not offer it, or the device is gone.
    public func setBaud(_ baud: Int) throws(SerialPortError) {
        guard millrace_line_set_baud(file.rawValue, Int32(clamping: baud)) == 0 else {
            throw SerialPortError(using: path, errno: errno)
        }
        try Self.check(Self.read(file.rawValue)?.baud, wanted: baud, path: path)
    }

    /// Throws away what was written and not sent yet.
    public func flushOutput() { _ = millrace_line_flush_output(file.rawValue) }

    /// What the driver has counted since it was loaded; nil where it does not count, as pseudo-terminals and some USB
    /// adapters.
    func faults() -> LineFaults? {
        var faults = millrace_line_faults()
        guard millrace_line_read_faults(file.rawValue, &faults) == 0 else { return nil }
        return LineFaults(
            overruns: faults.overruns, framing: faults.framing_errors, parity: faults.parity_errors,
            bufferOverruns: faults.buffer_overruns)
    }

    /// Sets what is beside the format: the wires, the direction of RS-485, the driver's haste.
    private static func setWires(
        _ descriptor: Int32, path: String, settings: SerialSettings
    ) throws(SerialPortError) {
        if settings.wantsLowLatency { _ = millrace_line_set_low_latency(descriptor) }
        // A pseudo-terminal has no wires: a simulated device bears any settings of them.
        guard millrace_line_is_pseudo(descriptor) != 1 else { return }
        func number(_ state: Bool?) -> Int32 { state.map { $0 ? 1 : 0 } ?? -1 }
        if settings.usesRS485, millrace_line_set_rs485(descriptor) != 0 {
            throw SerialPortError(
                .settingsRefused,
                "the driver of \(path) cannot switch the direction of RS-485: \(String(cString: strerror(errno))); "
                    + "leave rs485 out where the adapter does it by itself")
        }
        guard millrace_line_set_wires(descriptor, number(settings.dtr), number(settings.rts)) == 0 else {
            throw SerialPortError(
                .settingsRefused, "\(path) cannot set dtr or rts: \(String(cString: strerror(errno)))")
        }
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
        try check(set.baud, wanted: settings.baud, path: path)
        let isFormatSet =
            set.data_bits == wanted.data_bits && set.parity == wanted.parity && set.stop_bits == wanted.stop_bits
        guard isFormatSet, set.flow == wanted.flow else {
            throw SerialPortError(.settingsRefused, "\(path) cannot run with \(settings): its driver refuses it")
        }
    }

    private static func check(_ set: Int32?, wanted: Int, path: String) throws(SerialPortError) {
        guard let set else { throw SerialPortError(using: path, errno: errno) }
        // A receiver bears about 5 % between both sides; each may be off by half of it.
        guard abs(Int(set) - wanted) * 100 <= wanted * 3 else {
            throw SerialPortError(
                .settingsRefused, "\(path) cannot run at \(wanted) baud: its driver offers \(set)")
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
