import Records

/// The name of a source: the last part of `[mqtt.NAME]` or `[serial.NAME]`; one name, one source.
///
/// It becomes a level of a topic and a part of a client id, so the rule of ``StreamName`` holds for it.
public struct SourceName: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// The name as written in the configuration.
    public let rawValue: String

    /// Nil where the text is not 1 to 32 of `a-z`, `0-9`, `-` and `_` beginning with a letter.
    public init?(_ text: String) {
        guard StreamName(text) != nil else { return nil }
        rawValue = text
    }

    /// The name as written in the configuration.
    public var description: String { rawValue }
    /// By the bytes of the name.
    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}
