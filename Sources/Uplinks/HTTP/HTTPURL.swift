import Glibc

/// The address of an HTTP endpoint: scheme, host, port, path and query of an `http://` or `https://` url (RFC 3986).
public struct HTTPURL: Hashable, Sendable, CustomStringConvertible {
    /// Whether the connection uses TLS.
    public let isEncrypted: Bool
    /// Name or address, in lower case; IPv6 without brackets.
    public let host: String
    /// 1...65535.
    public let port: UInt16
    /// Percent-encoded, with `/` at its front.
    public var path: String
    /// Percent-encoded, without `?`; nil where there is none.
    public var query: String?

    /// Reads `http://HOST[:PORT][/PATH][?QUERY]` (80) and `https://…` (443).
    ///
    /// - Throws: ``UplinkError`` where it is no such url, has a user name or a fragment, or characters that a url
    ///   cannot have. Never repeats what may be a secret.
    public init(_ text: String) throws(UplinkError) {
        let wanted = "write https://HOST[:PORT]/PATH"
        guard let colon = text.firstRange(of: "://"),
            ["http", "https"].contains(text[..<colon.lowerBound].lowercased())
        else { throw UplinkError(.url, "this is no http:// or https:// url; \(wanted)") }
        isEncrypted = text[..<colon.lowerBound].lowercased() == "https"
        let rest = text[colon.upperBound...]
        let end = rest.firstIndex { "/?#".contains($0) } ?? rest.endIndex
        let authority = rest[..<end]
        guard !authority.contains("@") else {
            throw UplinkError(
                .url,
                "user names and passwords do not belong in a url, where they would be shown; set "
                    + "\"username\" and \"password_file\"")
        }
        guard let (host, port) = Self.split(authority), Self.isHost(host) else {
            throw UplinkError(.url, "the url has no usable host name; \(wanted)")
        }
        self.host = host.lowercased()
        if let port {
            let isNumber = !port.isEmpty && port.utf8.allSatisfy { (0x30...0x39).contains($0) }
            guard isNumber, let number = UInt16(port), number > 0 else {
                throw UplinkError(.url, "the url has the port '\(port)'; allowed is 1 to 65535")
            }
            self.port = number
        } else {
            self.port = isEncrypted ? 443 : 80
        }
        let local = rest[end...]
        guard !local.contains("#") else {
            throw UplinkError(.url, "the url has a fragment, '#' and what follows, which is never sent; leave it out")
        }
        let isPlain = local.utf8.allSatisfy { (0x21...0x7E).contains($0) && !"\"<>\\^`|".utf8.contains($0) }
        guard isPlain else {
            throw UplinkError(
                .url, "the url has characters that must be percent-encoded, such as blanks, quotes or umlauts")
        }
        let question = local.firstIndex(of: "?")
        let path = local[..<(question ?? local.endIndex)]
        self.path = path.isEmpty ? "/" : String(path)
        query = question.map { String(local[local.index(after: $0)...]) }
    }

    /// Scheme, host and port: what a person needs to know it by. Paths and queries may hold keys, so they stay out of
    /// messages.
    public var description: String { (isEncrypted ? "https://" : "http://") + authority }

    /// The whole url.
    public var text: String { description + path + (query.map { "?\($0)" } ?? "") }

    /// Host, and port where it is not the scheme's own: the `host` field (RFC 9110, 7.2).
    public var authority: String {
        let name = host.contains(":") ? "[\(host)]" : host
        return port == (isEncrypted ? 443 : 80) ? name : "\(name):\(port)"
    }

    /// Whether the host is this machine: `localhost` (RFC 6761, 6.3), an address of 127.0.0.0/8, or `::1`.
    public var isLoopback: Bool {
        if host == "localhost" || host == "::1" { return true }
        var address = in_addr()
        return inet_pton(AF_INET, host, &address) == 1 && UInt32(bigEndian: address.s_addr) >> 24 == 127
    }

    /// A url that stands in the program.
    static func constant(_ text: String) -> HTTPURL {
        guard let url = try? HTTPURL(text) else { preconditionFailure("a constant url is valid") }
        return url
    }

    /// Writes a text so that it can stand anywhere in a url: what is not unreserved (RFC 3986, 2.3) is percent-encoded.
    public static func encode(_ text: String) -> String { PercentEncoding.encode(text.utf8) { isUnreserved($0) } }

    static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"):
            true
        default: false
        }
    }

    /// Host and, where there is one, the text of the port; nil where the brackets are not right.
    private static func split(_ text: Substring) -> (host: Substring, port: Substring?)? {
        if text.first == "[" {
            guard let close = text.firstIndex(of: "]") else { return nil }
            let rest = text[text.index(after: close)...]
            guard rest.isEmpty || rest.first == ":" else { return nil }
            let host = text[text.index(after: text.startIndex)..<close]
            guard host.contains(":") else { return nil }
            return (host, rest.isEmpty ? nil : rest.dropFirst())
        }
        guard let colon = text.firstIndex(of: ":") else { return (text, nil) }
        return (text[..<colon], text[text.index(after: colon)...])
    }

    private static func isHost(_ host: Substring) -> Bool {
        !host.isEmpty && host.utf8.count <= 253
            && host.utf8.allSatisfy { isUnreserved($0) || $0 == UInt8(ascii: ":") }
    }
}

/// `%` and two hexadecimal digits for each byte that may not stand as it is (RFC 3986, 2.1).
enum PercentEncoding {
    static func encode(_ bytes: some Collection<UInt8>, keeping isPlain: (UInt8) -> Bool) -> String {
        var text: [UInt8] = []
        text.reserveCapacity(bytes.count)
        for byte in bytes {
            if isPlain(byte) {
                text.append(byte)
            } else {
                text.append(UInt8(ascii: "%"))
                text.append(digits[Int(byte >> 4)])
                text.append(digits[Int(byte & 15)])
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    private static let digits = Array("0123456789ABCDEF".utf8)
}
