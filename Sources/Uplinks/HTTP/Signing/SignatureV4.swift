import Crypto
import FoundationEssentials
import Records

/// AWS Signature Version 4: proves that who sends a request has a secret key, without sending the key.
///
/// Pure: the key and the time are handed in. The steps are those of "Create a signed AWS API request" in the user guide
/// of AWS Identity and Access Management.
struct SignatureV4 {
    private static let algorithm = "AWS4-HMAC-SHA256"

    /// Such as `eu-central-1`.
    let region: String
    /// Such as `kinesis`.
    let service: String

    /// The value of `x-amz-date`: `20150830T123600Z`.
    static func timestamp(_ seconds: Int64) -> String {
        var writer = TimestampWriter()
        return writer.string(seconds * 1000).prefix(19).filter { $0 != "-" && $0 != ":" } + "Z"
    }

    /// The value of `authorization` for a request that has all other fields, `x-amz-date` among them. All are signed,
    /// and `host` with them.
    func authorization(for request: HTTPRequest, key: AmazonKey) -> String {
        let time = request.fields["x-amz-date"] ?? ""
        let date = String(time.prefix(8))
        let scope = "\(date)/\(region)/\(service)/aws4_request"
        let canonical = Self.canonical(request)
        let digest = Self.hexadecimal(SHA256.hash(data: Data(canonical.text.utf8)))
        let text = "\(Self.algorithm)\n\(time)\n\(scope)\n\(digest)"
        let code = HMAC<SHA256>.authenticationCode(
            for: Data(text.utf8), using: signingKey(key.secret.exposed, date: date))
        return "\(Self.algorithm) Credential=\(key.id)/\(scope), SignedHeaders=\(canonical.names), "
            + "Signature=\(Self.hexadecimal(code))"
    }

    /// The request in the one form that both sides sign, and the names of its fields.
    static func canonical(_ request: HTTPRequest) -> (text: String, names: String) {
        var fields = ["host": request.url.authority]
        for field in request.fields.all {
            let name = field.name.lowercased()
            let value = field.value.split(separator: " ").joined(separator: " ")
            fields[name] = fields[name].map { "\($0),\(value)" } ?? value
        }
        let names = fields.keys.sorted()
        let lines = names.map { "\($0):\(fields[$0] ?? "")\n" }.joined()
        let list = names.joined(separator: ";")
        let digest = hexadecimal(SHA256.hash(data: request.body))
        let path = PercentEncoding.encode(request.url.path.utf8) { HTTPURL.isUnreserved($0) || $0 == UInt8(ascii: "/") }
        return ("\(request.method)\n\(path)\n\(query(request.url.query))\n\(lines)\n\(list)\n\(digest)", list)
    }

    /// The query's members in order of their names, then of their values, each with its `=`.
    private static func query(_ text: String?) -> String {
        let members = (text ?? "").split(separator: "&").map { (member: Substring) -> (name: String, value: String) in
            let equals = member.firstIndex(of: "=") ?? member.endIndex
            return (String(member[..<equals]), String(member[equals...].dropFirst()))
        }
        return members.sorted { ($0.name, $0.value) < ($1.name, $1.value) }
            .map { "\($0.name)=\($0.value)" }.joined(separator: "&")
    }

    private func signingKey(_ secret: String, date: String) -> SymmetricKey {
        var key = SymmetricKey(data: Data("AWS4\(secret)".utf8))
        for step in [date, region, service, "aws4_request"] {
            key = SymmetricKey(data: Data(HMAC<SHA256>.authenticationCode(for: Data(step.utf8), using: key)))
        }
        return key
    }

    private static func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
