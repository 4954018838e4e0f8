import StrictTOML
import Uplinks

/// Where brokers of a Kafka cluster listen: what a `kafka://` or `kafkas://` url says.
public struct ClusterAddress: Hashable, Sendable, CustomStringConvertible {
    /// Why a text is no such url. Never repeats a url that holds credentials.
    struct Refusal: Error { let message: String }

    /// `HOST:PORT` of each broker that is named, at least one; the others are learnt from them.
    public let brokers: [String]
    /// Whether the connections use TLS.
    public let isEncrypted: Bool

    /// An address from its parts.
    public init(brokers: [String], isEncrypted: Bool) {
        precondition(!brokers.isEmpty, "a cluster is reached through a broker")
        self.brokers = brokers
        self.isEncrypted = isEncrypted
    }

    /// Reads `kafka://HOST[:PORT],HOST[:PORT],...`, and `kafkas://` for TLS; 9092 where no port is given.
    init(url: String) throws(Refusal) {
        let wanted = "write kafka://HOST:PORT,HOST:PORT, or kafkas:// for TLS"
        guard !url.utf8.contains(UInt8(ascii: "@")) else {
            throw Refusal(message: HTTPURL.refusalOfNames)
        }
        guard let scheme = BrokerAddress.scheme(of: url), scheme == "kafka" || scheme == "kafkas" else {
            throw Refusal(message: "\(quoted(url)) is no url of a cluster; \(wanted)")
        }
        var rest = url.dropFirst(scheme.count + 3)
        if rest.last == "/" { rest.removeLast() }
        var brokers: [String] = []
        for part in rest.split(separator: ",", omittingEmptySubsequences: false) {
            let (host, port) = BrokerAddress.split(part)
            let isPlain = host.unicodeScalars.allSatisfy { $0.value > 0x20 && !"/?#[]\"".unicodeScalars.contains($0) }
            guard !host.isEmpty, isPlain else {
                throw Refusal(message: "\(quoted(url)) names a broker without a usable host name; \(wanted)")
            }
            let isNumber = port.map { !$0.isEmpty && $0.allSatisfy { $0.isASCII && $0.isNumber } } ?? true
            guard isNumber, let number = port.map({ UInt16($0) }) ?? 9092, number > 0 else {
                throw Refusal(message: "\(quoted(url)) has the port \(quoted(port ?? "")); allowed is 1 to 65535")
            }
            brokers.append(host.contains(":") ? "[\(host)]:\(number)" : "\(host):\(number)")
        }
        self.init(brokers: brokers, isEncrypted: scheme == "kafkas")
    }

    /// Reads the url that an option of a command gives.
    ///
    /// - Throws: ``ConfigurationError`` that names the option.
    public static func reading(url: String, option: String) throws(ConfigurationError) -> ClusterAddress {
        do throws(Refusal) {
            return try ClusterAddress(url: url)
        } catch {
            throw ConfigurationError(option: option, error.message)
        }
    }

    /// `kafkas://k1:9092,k2:9092`
    public var description: String { (isEncrypted ? "kafkas://" : "kafka://") + brokers.joined(separator: ",") }

    /// Whether every broker that is named is this machine.
    public var isLoopback: Bool {
        brokers.allSatisfy { broker in
            let (host, port) = BrokerAddress.split(broker[...])
            return BrokerAddress(
                host: String(host), port: port.flatMap { UInt16($0) } ?? 9092, isEncrypted: false
            ).isLoopback
        }
    }
}
