import SerialIO

/// Something that a device is asked again and again.
public struct Poll: Hashable, Sendable {
    /// What is sent.
    public var request: RequestTemplate
    /// How often.
    public var every = Duration.seconds(10)
    /// How long an answer may take.
    public var timeout = Duration.milliseconds(500)
    /// How often it is asked again where none comes.
    public var retries = 1
    /// Names of the messages that may answer; empty for any frame.
    public var reply: [String] = []
    /// Bytes of the answer, where nothing in it says how many they are; nil for other framings.
    public var size: Int?
    /// Whether it only asks, so that detection may send it.
    public var isSafe = false

    /// A request with the defaults.
    public init(request: RequestTemplate) { self.request = request }
}

/// One step of a conversation that is fixed beforehand. What is in it is done in the order of the properties.
public struct Step: Hashable, Sendable {
    /// What is sent; nil for nothing.
    public var request: RequestTemplate?
    /// What is waited for; empty for nothing.
    public var expected = BytePattern()
    /// How long it is waited for.
    public var timeout = Duration.seconds(1)
    /// How often both are done until it came.
    public var times = 1
    /// Pause afterwards.
    public var wait = Duration.zero
    /// Speed of the line from then on; nil for the same.
    public var baud: Int?

    /// A step that does nothing.
    public init() {}
}

/// What a device needs to be told apart: an address in its requests.
public struct Parameter: Hashable, Sendable {
    /// Its name in braces.
    public var name: String
    /// How it is put into bytes.
    public var type: BinaryType
    /// Number of bytes.
    public var size: Int
    /// Its value where the configuration sets none; nil where it must.
    public var defaultText: String?
}

/// Bytes that are sent, with places for parameters and a checksum.
public struct RequestTemplate: Hashable, Sendable {
    /// What it is made of.
    public var pieces: [Piece]
    /// Whether parameters are put in as they are written.
    public var isText: Bool
    /// The checksum of the `check` piece; nil where there is none.
    public var checksum: ChecksumRule?

    /// A part of a request.
    public enum Piece: Hashable, Sendable {
        case bytes([UInt8])
        case parameter(String)
        case check
    }

    /// A request.
    public init(pieces: [Piece], isText: Bool = false, checksum: ChecksumRule? = nil) {
        self.pieces = pieces
        self.isText = isText
        self.checksum = checksum
    }

    /// Names of the parameters in it.
    public var parameterNames: [String] {
        pieces.compactMap { if case .parameter(let name) = $0 { name } else { nil } }
    }
}
