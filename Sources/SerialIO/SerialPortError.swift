import Glibc

/// Why a serial port could not be opened or read.
public struct SerialPortError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What kind of failure it is.
    public enum Code: Hashable, Sendable {
        /// There is no such device at present.
        case absent
        /// Several devices have the name.
        case ambiguous
        /// Another program has it.
        case held
        /// The user of this process may not open it.
        case notPermitted
        /// What the path leads to is no terminal.
        case notSerial
        /// The driver does not take the settings.
        case settingsRefused
        /// The system call failed otherwise.
        case system
    }

    /// What kind of failure it is.
    public let code: Code
    /// What was attempted, on which port, and what a person can do about it.
    public let message: String

    /// The message.
    public var description: String { message }

    init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// Another program has the port.
    static func held(_ path: String) -> SerialPortError {
        SerialPortError(.held, "\(path) is held by another program; `fuser \(path)` tells which")
    }

    /// What `open` said.
    init(opening path: String, errno code: Int32) {
        switch code {
        // A device that is being unplugged answers ENODEV, ENXIO or EIO while its file is still there.
        case ENOENT, ENOTDIR, ENODEV, ENXIO, EIO: self.init(.absent, "\(path) is not there")
        case EBUSY: self = .held(path)
        case EACCES, EPERM:
            self.init(.notPermitted, "no permission to open \(path); its group, often dialout, must have this user")
        default: self.init(.system, "cannot open \(path): \(String(cString: strerror(code)))")
        }
    }

    /// What a call on the open port said.
    init(using path: String, errno code: Int32) {
        switch code {
        case ENODEV, ENXIO, EIO: self.init(.absent, "\(path) is not there")
        default: self.init(.system, "cannot set up \(path): \(String(cString: strerror(code)))")
        }
    }
}
