import Glibc
import NIOSSL
import Records

/// From when to when a certificate, a token or a key is good.
public struct Validity: Hashable, Sendable {
    /// Seconds since 1970; nil: not said.
    public let start: Int64?
    /// Seconds since 1970.
    public let end: Int64

    /// From one second to another.
    public init(start: Int64?, end: Int64) {
        self.start = start
        self.end = end
    }

    /// The end, as `2026-08-23T09:14:05Z`.
    public var endText: String {
        var writer = TimestampWriter()
        return writer.string(end.multipliedReportingOverflow(by: 1000).partialValue).prefix(19) + "Z"
    }

    /// Of the certificates in a file, PEM.
    ///
    /// - Parameter isAuthority: whether it says whom to trust. Then the last certificate to end counts: an old one
    ///   beside its successor does no harm. Of our own with what leads to an authority, the first to end does.
    /// - Throws: ``SigningFailure`` where no certificate can be read.
    public static func ofCertificates(in path: String, isAuthority: Bool) throws(SigningFailure) -> Validity {
        guard let certificates = try? NIOSSLCertificate.fromPEMFile(path), !certificates.isEmpty else {
            throw SigningFailure("the file \(path) holds no certificate that can be read, in PEM")
        }
        let all = certificates.map { Validity(start: Int64($0.notValidBefore), end: Int64($0.notValidAfter)) }
        let deciding = isAuthority ? all.max { $0.end < $1.end } : all.min { $0.end < $1.end }
        guard let deciding else { throw SigningFailure("the file \(path) holds no certificate") }
        return deciding
    }

    /// Of what a file of one secret holds, where it says so itself: a JSON Web Token (`exp`; RFC 7519, 4.1.4), a shared
    /// access signature (`se`), a temporary access key (`Expiration`). Nil for passwords and whatever has no end.
    ///
    /// - Throws: ``SigningFailure`` where the file cannot be read.
    public static func ofSecret(in path: String) throws(SigningFailure) -> Validity? {
        let text = try CredentialFile(path: path, holding: .text).secret().exposed
        guard let found = Validity(secret: text) else { return nil }
        return found.start == nil ? Validity(start: modified(path), end: found.end) : found
    }

    /// What a secret says of itself.
    init?(secret text: String) {
        if text.hasPrefix("SharedAccessSignature ") {
            let members = text.dropFirst("SharedAccessSignature ".count).split(separator: "&")
            guard let end = members.first(where: { $0.hasPrefix("se=") }).flatMap({ Int64($0.dropFirst(3)) })
            else { return nil }
            self.init(start: nil, end: end)
        } else if let end = AmazonKey(reading: text)?.expiry {
            self.init(start: nil, end: end / 1000)
        } else {
            let parts = text.split(separator: ".", omittingEmptySubsequences: false)
            guard parts.count == 3 else { return nil }
            let claims = Array(parts[1].utf8)
            guard let members = Base64URL.bytes(claims.span).flatMap({ JSONMembers($0) }),
                let end = members["exp"].flatMap({ Double($0) }), end.magnitude < 1e15
            else { return nil }
            let start = (members["iat"] ?? members["nbf"]).flatMap { Double($0) }
            self.init(start: start.flatMap { $0.magnitude < 1e15 ? Int64($0) : nil }, end: Int64(end))
        }
    }

    /// When a file was written, seconds since 1970: about when what is in it began.
    private static func modified(_ path: String) -> Int64? {
        var status = stat()
        return stat(path, &status) == 0 ? Int64(status.st_mtim.tv_sec) : nil
    }
}
