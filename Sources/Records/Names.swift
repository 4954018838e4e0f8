/// The name of a stream: one ring log of its own, such as `telemetry` or `alarms`.
///
/// It names a directory and travels in every identity, so it is kept to 1 to 32 of `a-z`, `0-9`, `-` and `_`,
/// beginning with a letter.
public struct StreamName: Hashable, Sendable, Comparable, CustomStringConvertible, Codable {
    /// The name as written in the configuration.
    public let rawValue: String

    /// Nil where the text is not a stream name.
    public init?(_ text: String) {
        guard isIdentifier(text) else { return nil }
        rawValue = text
    }

    /// The stream that records go to when nothing else is said.
    public static let telemetry = StreamName(unchecked: "telemetry")
    /// The stream of what the agent tells of itself, where it is configured.
    public static let millrace = StreamName(unchecked: "millrace")

    /// The name as written.
    public var description: String { rawValue }
    /// By the bytes of the names.
    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }

    private init(unchecked text: String) { rawValue = text }
}

/// The name of an uplink: it keys the cursor, so a renamed uplink is a new one that starts from the oldest record.
public struct UplinkName: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// The name as written in the configuration.
    public let rawValue: String

    /// Nil where the text is not 1 to 32 of `a-z`, `0-9`, `-` and `_` beginning with a letter.
    public init?(_ text: String) {
        guard isIdentifier(text) else { return nil }
        rawValue = text
    }

    /// The name as written.
    public var description: String { rawValue }
    /// By the bytes of the names.
    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

/// The name of a gateway within its fleet: the first part of every record's identity.
///
/// 1 to 64 of letters, digits, `-`, `_` and `.`: safe in a topic level, a URI path and a file name.
public struct GatewayID: Hashable, Sendable, CustomStringConvertible {
    /// The name as written in the configuration.
    public let rawValue: String

    /// Nil where the text is empty, too long, or has a character outside the set.
    public init?(_ text: String) {
        let allowed = text.utf8.allSatisfy { byte in
            isLowercaseOrDigit(byte) || (0x41...0x5A).contains(byte) || byte == 0x2D || byte == 0x5F || byte == 0x2E
        }
        guard (1...64).contains(text.utf8.count), allowed else { return nil }
        rawValue = text
    }

    /// What stands for a gateway whose name is not known: in a log that lost its state.
    public static let unknown = GatewayID(unchecked: "unknown")

    /// The name as written.
    public var description: String { rawValue }

    private init(unchecked text: String) { rawValue = text }
}

private func isLowercaseOrDigit(_ byte: UInt8) -> Bool {
    (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte)
}

/// 1 to 32 of `a-z`, `0-9`, `-` and `_`, beginning with a letter.
private func isIdentifier(_ text: String) -> Bool {
    guard let head = text.utf8.first, (0x61...0x7A).contains(head), text.utf8.count <= 32 else { return false }
    return text.utf8.allSatisfy { isLowercaseOrDigit($0) || $0 == 0x2D || $0 == 0x5F }
}
