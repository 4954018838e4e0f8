import Crypto
import FoundationEssentials

/// Shared access signatures of Azure: a resource and an end of validity, signed with a key that itself never travels.
enum SharedAccessToken {
    /// The value of `authorization` for Event Hubs and Service Bus.
    ///
    /// - Parameters:
    ///   - resource: the url of the hub, without a query.
    ///   - key: the text of the key as the portal shows it, which is not decoded.
    ///   - expiry: seconds since 1970.
    static func eventHubs(resource: String, keyName: String, key: String, expiry: Int64) -> String {
        let name = HTTPURL.encode(resource.lowercased())
        let signature = signature(of: "\(name)\n\(expiry)", key: Array(key.utf8))
        return "SharedAccessSignature sr=\(name)&sig=\(HTTPURL.encode(signature))&se=\(expiry)"
            + "&skn=\(HTTPURL.encode(keyName))"
    }

    /// The value of `aeg-sas-token` for Event Grid; nil where the key is no Base64.
    ///
    /// - Parameters:
    ///   - resource: the url of the topic with its API version.
    ///   - key: as the portal shows it.
    ///   - expiry: seconds since 1970.
    static func eventGrid(resource: String, key: String, expiry: Int64) -> String? {
        guard let bytes = Data(base64Encoded: key), !bytes.isEmpty else { return nil }
        var timestamps = TimestampWriter()
        // Event Grid reads `2026-08-23 09:14:05`, in UTC.
        let time = String(timestamps.string(expiry * 1000).prefix(19)).replacing("T", with: " ")
        let unsigned = "r=\(HTTPURL.encode(resource))&e=\(HTTPURL.encode(time))"
        return "\(unsigned)&s=\(HTTPURL.encode(signature(of: unsigned, key: Array(bytes))))"
    }

    private static func signature(of text: String, key: [UInt8]) -> String {
        let code = HMAC<SHA256>.authenticationCode(for: Data(text.utf8), using: SymmetricKey(data: key))
        return Data(code).base64EncodedString()
    }
}
