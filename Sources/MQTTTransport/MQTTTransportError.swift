/// Why an MQTT client could not be set up. What happens to a running connection is told as ``MQTTConnectionEvent``.
public struct MQTTTransportError: Error, Sendable, CustomStringConvertible {
    /// What kind of failure it is. New codes may be added.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        private enum Kind: String { case invalidConfiguration, unreadableFile, systemResources, library }
        private let kind: Kind

        /// A value of the configuration cannot be used; the message names it.
        public static let invalidConfiguration = Code(kind: .invalidConfiguration)
        /// A certificate or key file cannot be read; the message names it.
        public static let unreadableFile = Code(kind: .unreadableFile)
        /// The system gives no thread, memory or descriptor.
        public static let systemResources = Code(kind: .systemResources)
        /// libmosquitto refused an option for a reason that is none of the above.
        public static let library = Code(kind: .library)

        /// The name of the code, for logs.
        public var description: String { kind.rawValue }
    }

    /// What kind of failure it is.
    public let code: Code
    /// What was attempted, on what, and the next step. Never contains a secret.
    public let message: String

    /// The message.
    public var description: String { message }

    init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
}
