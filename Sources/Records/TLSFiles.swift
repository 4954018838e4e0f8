/// Files, PEM, that say whom to trust and who we are.
public struct TLSFiles: Hashable, Sendable {
    /// Certificates of the authorities that are trusted; nil: the system's.
    public var authorityFile: String?
    /// Our certificate, with what leads from it to an authority; nil: none is shown.
    public var certificateFile: String?
    /// The private key of our certificate.
    public var keyFile: String?

    /// The system's authorities and no certificate of our own, unless said otherwise.
    public init(authorityFile: String? = nil, certificateFile: String? = nil, keyFile: String? = nil) {
        self.authorityFile = authorityFile
        self.certificateFile = certificateFile
        self.keyFile = keyFile
    }
}
