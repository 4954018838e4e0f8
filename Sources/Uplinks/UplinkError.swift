/// What is wrong with an uplink's settings, or with a message that claims to come from one.
public struct UplinkError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The kinds of failure, for those who must tell them apart.
    public struct Code: Hashable, Sendable {
        private enum Kind: Hashable { case topicTemplate, format, delivery, url }
        private let kind: Kind

        /// A topic template that cannot give a topic to publish to.
        public static let topicTemplate = Code(kind: .topicTemplate)
        /// A combination of format and protocol version that cannot work.
        public static let format = Code(kind: .format)
        /// A received message that is not what its properties say.
        public static let delivery = Code(kind: .delivery)
        /// A url that cannot be an endpoint.
        public static let url = Code(kind: .url)
    }

    /// The kind of failure.
    public let code: Code
    /// What was attempted, on what, and what to do about it.
    public let message: String

    /// A failure in words.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// The message.
    public var description: String { message }
}
