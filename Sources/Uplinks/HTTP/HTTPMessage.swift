/// Names and values of an HTTP message, in order; a name is the same in any letter case (RFC 9110, 5.1).
public struct HTTPFields: Hashable, Sendable, ExpressibleByDictionaryLiteral {
    /// One name and its value.
    public struct Field: Hashable, Sendable {
        /// As it is sent.
        public let name: String
        /// As it is sent.
        public let value: String
    }

    /// In the order in which they are sent.
    public private(set) var all: [Field]

    /// Fields in the order in which they are written down.
    public init(dictionaryLiteral elements: (String, String)...) {
        all = elements.map { Field(name: $0.0, value: $0.1) }
    }

    /// The value of the first field of that name; setting it takes the place of all of that name.
    public subscript(name: String) -> String? {
        get { all.first { $0.name.lowercased() == name.lowercased() }?.value }
        set {
            all.removeAll { $0.name.lowercased() == name.lowercased() }
            if let newValue { all.append(Field(name: name, value: newValue)) }
        }
    }

    /// Adds a field without a look at the others.
    public mutating func append(_ name: String, _ value: String) { all.append(Field(name: name, value: value)) }
}

/// A request, complete but for the proof of who sends it.
public struct HTTPRequest: Hashable, Sendable {
    /// `POST`, nearly always.
    public var method: String
    /// Where it goes.
    public var url: HTTPURL
    /// Without those that the client writes itself: `host`, `content-length`, `connection`.
    public var fields: HTTPFields
    /// Bytes as they travel: compressed where `content-encoding` says so.
    public var body: [UInt8]
    /// Whether the body goes in pieces of unknown number (RFC 9112, 7.1), for those endpoints that ask for it.
    public var isChunked = false

    /// A `POST`, unless said otherwise.
    public init(method: String = "POST", url: HTTPURL, fields: HTTPFields = [:], body: [UInt8] = []) {
        self.method = method
        self.url = url
        self.fields = fields
        self.body = body
    }
}

/// A response, read to its end or to a limit.
public struct HTTPResponse: Hashable, Sendable {
    /// Bytes of a body that are read; of a longer one the rest is not waited for, and its connection is not used again.
    public static let bodySizeMax = 1 << 20

    /// Three digits (RFC 9110, 15).
    public let status: Int
    /// As they came.
    public let fields: HTTPFields
    /// At most ``bodySizeMax`` bytes.
    public let body: [UInt8]
    /// Whether there was more.
    public let isCut: Bool

    /// A response as it was read.
    public init(status: Int, fields: HTTPFields = [:], body: [UInt8] = [], isCut: Bool = false) {
        self.status = status
        self.fields = fields
        self.body = body
        self.isCut = isCut
    }
}
