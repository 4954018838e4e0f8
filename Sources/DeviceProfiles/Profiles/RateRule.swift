/// How often something is published: `[rate]`.
public struct RateRule: Hashable, Sendable {
    /// What is kept of the values that come within one interval.
    public enum Kept: String, CaseIterable, Hashable, Sendable { case last, mean, min, max }

    /// One record per so long; nil for one per frame.
    public var every: Duration?
    /// What is kept; more than one gives `name`, `name_mean`, ...
    public var keep = [Kept.last]
    /// Published is only what differs by at least so much; nil for everything.
    public var changeMin: Double?
    /// With ``changeMin``: at least once per so long.
    public var heartbeat = Duration.seconds(300)

    /// Every frame.
    public init() {}

    /// Whether it leaves everything as it is.
    public var isIdle: Bool { every == nil && changeMin == nil }
}

/// What is held back until a set is complete: `[collect]`.
public struct CollectionRule: Hashable, Sendable {
    /// Names of the messages of one set.
    public var messages: [String]
    /// What is there by then goes out.
    public var within: Duration

    /// A rule.
    public init(messages: [String], within: Duration = .seconds(5)) {
        self.messages = messages
        self.within = within
    }
}

/// A frame and what must come out of it: `[[sample]]`.
public struct Sample: Hashable, Sendable {
    /// What it shows.
    public var title = ""
    /// What the line carries, framing and checksum included.
    public var bytes: [UInt8]
    /// The request that it answers; nil where none is needed.
    public var request: [UInt8]?
    /// Of which variant; nil for the profile itself.
    public var variant: String?
    /// The expected device; nil for any.
    public var device: String?
    /// Readings by name, in the profile's units.
    public var expected: [Expectation] = []
    /// Names that must not be published.
    public var missing: [String] = []
    /// Whether no frame comes out of it.
    public var isRejected = false
    /// The line of the file; nil where it is not from one.
    public var line: Int?

    /// An expected reading.
    public struct Expectation: Hashable, Sendable {
        /// Its name.
        public var name: String
        /// Its value.
        public var value: RawValue
    }

    /// A sample of these bytes.
    public init(bytes: [UInt8]) { self.bytes = bytes }
}
