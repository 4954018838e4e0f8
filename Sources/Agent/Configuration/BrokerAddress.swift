import Glibc
import StrictTOML
import Uplinks

/// Where an MQTT broker listens: what a `mqtt://` or `mqtts://` url says.
public struct BrokerAddress: Hashable, Sendable, CustomStringConvertible {
    /// Why a text is no such url. Never repeats a url that holds credentials.
    struct Refusal: Error { let message: String }

    /// Name or address; IPv6 without brackets.
    public let host: String
    /// 1...65535.
    public let port: UInt16
    /// Whether the connection uses TLS.
    public let isEncrypted: Bool

    /// An address from its parts.
    public init(host: String, port: UInt16, isEncrypted: Bool) {
        self.host = host
        self.port = port
        self.isEncrypted = isEncrypted
    }

    /// Reads `mqtt://HOST[:PORT]` (1883) and `mqtts://HOST[:PORT]` (8883).
    init(url: String) throws(Refusal) {
        let wanted = "write mqtt://HOST:PORT, or mqtts://HOST:PORT for TLS"
        guard !url.utf8.contains(UInt8(ascii: "@")) else {
            throw Refusal(message: HTTPURL.refusalOfNames)
        }
        guard let scheme = Self.scheme(of: url) else {
            throw Refusal(message: "\(quoted(url)) is no broker url; \(wanted)")
        }
        guard scheme == "mqtt" || scheme == "mqtts" else {
            throw Refusal(message: "\(quoted(url)) begins with \(quoted(scheme + "://")); \(wanted)")
        }
        var rest = url.dropFirst(scheme.count + 3)
        if rest.last == "/" { rest.removeLast() }
        let (host, port) = Self.split(rest)
        let isPlain = host.unicodeScalars.allSatisfy { $0.value > 0x20 && !"/?#[]\"".unicodeScalars.contains($0) }
        guard !host.isEmpty, isPlain, rest.filter({ $0 == "[" }).count == rest.filter({ $0 == "]" }).count else {
            throw Refusal(message: "\(quoted(url)) has no usable host name; \(wanted)")
        }
        isEncrypted = scheme == "mqtts"
        self.host = String(host)
        guard let port else {
            self.port = isEncrypted ? 8883 : 1883
            return
        }
        let isNumber = !port.isEmpty && port.allSatisfy { $0.isASCII && $0.isNumber }
        guard isNumber, let number = UInt16(port), number > 0 else {
            throw Refusal(message: "\(quoted(url)) has the port \(quoted(port)); allowed is 1 to 65535")
        }
        self.port = number
    }

    /// Reads a url that somebody typed; see ``init(url:)``.
    ///
    /// - Parameter option: where it was typed.
    /// - Throws: what is wrong with it, for a person.
    public static func reading(url: String, option: String) throws(ConfigurationError) -> BrokerAddress {
        do throws(Refusal) {
            return try BrokerAddress(url: url)
        } catch {
            throw ConfigurationError(option: option, error.message)
        }
    }

    /// `mqtts` of `mqtts://host`, in lower case; nil where there is none.
    static func scheme(of url: String) -> String? {
        guard let colon = url.firstIndex(of: ":"), url[colon...].hasPrefix("://"), colon > url.startIndex else {
            return nil
        }
        return url[..<colon].lowercased()
    }

    /// `mqtt://127.0.0.1:1883`
    public var description: String { (isEncrypted ? "mqtts://" : "mqtt://") + endpoint }

    /// `127.0.0.1:1883`, `[::1]:1883`
    public var endpoint: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

    /// Whether the host is this machine.
    public var isLoopback: Bool { canonicalHost == Self.loopback }

    /// Whether both lead to the same listener, as far as the texts can tell: letter case, ways to write an address and
    /// ways to name this machine make no difference.
    public func isSameListener(as other: BrokerAddress) -> Bool {
        port == other.port && canonicalHost == other.canonicalHost
    }

    private static let loopback = "loopback"

    /// One text for all ways to write one host.
    private var canonicalHost: String {
        var name = host.lowercased()
        if name.last == "." { name.removeLast() }
        if name == "localhost" || name.hasSuffix(".localhost") || name == "ip6-localhost" { return Self.loopback }
        if let bytes = Self.bytes(name, family: AF_INET, count: 4) { return Self.canonical(bytes) }
        if let bytes = Self.bytes(name, family: AF_INET6, count: 16) { return Self.canonical(bytes) }
        return name
    }

    private static func canonical(_ bytes: [UInt8]) -> String {
        let zeros = [UInt8](repeating: 0, count: 16)
        if bytes.count == 16, bytes[..<10] == zeros[..<10], bytes[10] == 0xFF, bytes[11] == 0xFF {
            return canonical(Array(bytes[12...]))
        }
        // The unspecified address leads to this machine as well.
        let isUnspecified = bytes.allSatisfy { $0 == 0 }
        let isLoopback = bytes.count == 4 ? bytes[0] == 127 : bytes[..<15] == zeros[..<15] && bytes[15] == 1
        if isUnspecified || isLoopback { return loopback }
        return bytes.map(String.init).joined(separator: ".")
    }

    private static func bytes(_ text: String, family: Int32, count: Int) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: count)
        return inet_pton(family, text, &bytes) == 1 ? bytes : nil
    }

    /// Host and, where there is one, the text of the port.
    static func split(_ text: Substring) -> (host: Substring, port: Substring?) {
        if text.first == "[", let close = text.firstIndex(of: "]") {
            let rest = text[text.index(after: close)...]
            return (text[text.index(after: text.startIndex)..<close], rest.isEmpty ? nil : rest.drop { $0 == ":" })
        }
        guard let colon = text.firstIndex(of: ":") else { return (text, nil) }
        return (text[..<colon], text[text.index(after: colon)...])
    }
}
