/// A password: usable by what needs it, never printed.
public struct Secret: Hashable, Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The text itself. Ask for it only where it is handed to the library that sends it.
    public let exposed: String

    /// Keeps a text secret.
    public init(_ text: String) { exposed = text }

    /// Three asterisks, whatever the text.
    public var description: String { "***" }
    /// Three asterisks, whatever the text.
    public var debugDescription: String { "***" }
    /// Hides the text from `dump` and from the default description of a type that holds a secret.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
