/// Why a trace could not be made or read.
public struct SystemCallTraceError: Error, CustomStringConvertible {
    /// What kind of failure it is.
    public enum Code: Sendable {
        /// The log file, or a folder to be read or written, gave an error.
        case fileFailed
        /// strace is missing or may not trace here.
        case straceFailed
        /// A line of the log has no meaning, or contradicts the lines before it.
        case logUnclear
    }

    /// What kind of failure it is.
    public let code: Code
    /// What was attempted, on what, and the next step.
    public let message: String

    /// The same as ``message``.
    public var description: String { message }
}
