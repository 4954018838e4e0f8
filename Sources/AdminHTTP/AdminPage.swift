/// Something that a browser shows: a file in the program.
public struct AdminPage: Sendable {
    /// MIME type.
    public var contentType: String
    /// The file.
    public var body: [UInt8]
    /// Changes with the file (RFC 9110, 8.8.3), in its quotes.
    public var entityTag: String
    /// What it may load; nil: nothing.
    public var contentSecurityPolicy: String?
    /// Whether it may be had without a token, because it holds nothing of this gateway.
    public var isPublic: Bool

    /// A file.
    public init(
        contentType: String, body: [UInt8], entityTag: String, contentSecurityPolicy: String? = nil,
        isPublic: Bool = false
    ) {
        self.contentType = contentType
        self.body = body
        self.entityTag = entityTag
        self.contentSecurityPolicy = contentSecurityPolicy
        self.isPublic = isPublic
    }
}
