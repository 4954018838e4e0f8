import Crypto
import CryptoExtras
import FoundationEssentials
import Records

/// A service account of Google Cloud, from the JSON file with its private key.
public struct ServiceAccount: Sendable {
    /// Who it is.
    public let email: String
    /// Where tokens are given for what it signs.
    public let tokenURL: HTTPURL
    private let keyID: String?
    private let key: _RSA.Signing.PrivateKey

    /// Reads the file's content; nil where it is no key of a service account, or would have tokens asked for without
    /// TLS at another machine.
    public init?(reading text: String) {
        guard let members = JSONMembers(Array(text.utf8)), let email = members["client_email"],
            let pem = members["private_key"], let key = try? _RSA.Signing.PrivateKey(pemRepresentation: pem),
            let url = try? HTTPURL(members["token_uri"] ?? "https://oauth2.googleapis.com/token"),
            url.isEncrypted || url.isLoopback
        else { return nil }
        self.email = email
        self.key = key
        tokenURL = url
        keyID = members["private_key_id"]
    }

    /// A JSON Web Token (RFC 7519) by which it asks for a token, signed by RS256 (RFC 7518, 3.3) and good for an hour.
    ///
    /// - Parameters:
    ///   - scope: what the token is to allow.
    ///   - now: seconds since 1970.
    /// - Returns: nil where the key cannot sign, which is not known to happen.
    func assertion(scope: String, now: Int64) -> String? {
        var header = JSONWriter()
        header.beginObject()
        header.member("alg", string: "RS256")
        header.member("typ", string: "JWT")
        if let keyID { header.member("kid", string: keyID) }
        header.endObject()
        var claims = JSONWriter()
        claims.beginObject()
        claims.member("iss", string: email)
        claims.member("scope", string: scope)
        claims.member("aud", string: tokenURL.text)
        claims.member("iat", integer: now)
        claims.member("exp", integer: now + 3600)
        claims.endObject()
        let text = "\(Self.base64(header.bytes)).\(Self.base64(claims.bytes))"
        guard let signature = signature(of: text) else { return nil }
        return "\(text).\(Self.base64(signature))"
    }

    /// RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017, 8.2.1).
    private func signature(of text: String) -> [UInt8]? {
        let digest = SHA256.hash(data: Data(text.utf8))
        return (try? key.signature(for: digest, padding: .insecurePKCS1v1_5)).map { Array($0.rawRepresentation) }
    }

    private static func base64(_ bytes: [UInt8]) -> String {
        var text = Array(Data(bytes).base64EncodedString().utf8)
        Base64URL.translate(&text)
        return String(decoding: text, as: UTF8.self)
    }
}
