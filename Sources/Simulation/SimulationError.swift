import Glibc

/// Why a part of the simulated world could not be set up: the system refused, or a program did not do its work.
public struct SimulationError: Error, CustomStringConvertible {
    /// What was attempted, and why it failed.
    public let description: String

    /// With the system's reason where `errno` is given.
    public init(_ attempt: String, errno code: Int32? = nil) {
        description = code.map { "\(attempt): \(String(cString: strerror($0)))" } ?? attempt
    }
}
