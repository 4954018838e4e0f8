/// Why a producer could not be set up. What happens to a running one is told as ``KafkaEvent``.
public struct KafkaError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What kind of failure it is. New codes may be added.
    public struct Code: Hashable, Sendable {
        private enum Kind: Hashable { case setting, secret, system, unreachable }
        private let kind: Kind

        /// librdkafka takes a value of the configuration not, or not with the others.
        public static let setting = Code(kind: .setting)
        /// A password or token cannot be read.
        public static let secret = Code(kind: .secret)
        /// The system gives no thread, memory or descriptor.
        public static let system = Code(kind: .system)
        /// No broker can be reached, or none lets us in.
        public static let unreachable = Code(kind: .unreachable)
    }

    /// What kind of failure it is.
    public let code: Code
    /// What was attempted, on what, and what to do about it. Never contains a secret.
    public let message: String

    /// The message.
    public var description: String { message }

    init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
}
