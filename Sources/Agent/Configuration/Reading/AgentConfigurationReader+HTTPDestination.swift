import Records
import StrictTOML
import Uplinks

/// `[uplinks.NAME]` with an HTTP endpoint as its destination: what is the same for every preset.
extension AgentConfigurationReader {
    func readHTTPDestination(_ table: TableReader) -> HTTPDestination? {
        let hasPreset = table.has("preset")
        let preset = table.choice("preset", of: HTTPDestination.Preset.self)
        guard let preset = preset ?? (hasPreset ? nil : .webhook) else {
            // The other keys are those of a preset that is not known.
            table.acceptRest()
            return nil
        }
        let format = readFormat(table, preset)
        let endpoint = readEndpoint(table, preset, format)
        let proof = readProof(table, preset)
        // Read all keys also where the endpoint is wrong, so that every mistake is found at once.
        var destination = HTTPDestination(
            preset: preset, endpoint: endpoint ?? .webhook(Self.unknownURL), format: format)
        destination.proof = proof
        destination.batch = readBatch(table.tableOrEmpty("batch"), defaults: HTTPDestination.batch)
        destination.compression = readCompression(table, knowsGzip: true)
        destination.headers = readHeaders(table)
        destination.proxy = readProxy(table)
        readTimeouts(table.tableOrEmpty("timeouts"), &destination)
        let tls = readTLS(table)
        destination.tls = tls ?? TLSFiles()
        guard endpoint != nil else { return nil }
        checkTransport(destination, hasTLS: tls != nil, table)
        checkCloud(destination, table)
        return destination
    }

    /// Stands where the url is wrong, so that reading can go on.
    private static var unknownURL: URLTemplate {
        guard let url = try? URLTemplate("http://unknown") else { preconditionFailure("a constant url is valid") }
        return url
    }

    private func readFormat(_ table: TableReader, _ preset: HTTPDestination.Preset) -> HTTPDestination.Format {
        let formats = preset.formats
        guard let format = table.choice("format", of: HTTPDestination.Format.self) else { return formats[0] }
        guard formats.contains(format) else {
            table.fail(
                "\(quoted(format.rawValue)) is no format of the preset \(quoted(preset.rawValue)); it takes "
                    + quotedList(formats.map(\.rawValue)), at: "format")
            return formats[0]
        }
        return format
    }

    private func readHeaders(_ table: TableReader) -> HTTPFields {
        var fields: HTTPFields = [:]
        for header in table.namedScalars("headers", example: "{ x-tenant = \"plant7\" }") ?? [] {
            let name = header.name
            let value = "\(header.value)"
            let isName = !name.isEmpty && name.utf8.allSatisfy { Self.isTokenByte($0) }
            if !isName {
                table.fail("\(quoted(name)) is no name of a header (RFC 9110, 5.6.2)", at: "headers")
            } else if Self.refusedHeaders.contains(name.lowercased()) {
                table.fail(
                    "the header \(quoted(name)) is not set here: keys and tokens come from files, the rest is the "
                        + "client's own", at: "headers")
            } else if !value.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) {
                table.fail("the header \(quoted(name)) has a value that is no printable ASCII", at: "headers")
            } else if fields[name] != nil {
                table.fail("the header \(quoted(name)) is there twice", at: "headers")
            } else {
                fields[name] = value
            }
        }
        return fields
    }

    private static let refusedHeaders: Set<String> = [
        "authorization", "proxy-authorization", "cookie", "host", "content-length", "content-encoding", "connection",
        "transfer-encoding", "te", "upgrade", "expect",
    ]

    /// `tchar` of RFC 9110, 5.6.2.
    static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"):
            true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }

    private func readProxy(_ table: TableReader) -> HTTPDestination.Proxy? {
        let username = table.string("proxy_username")
        let passwordFile = readSecret(table, "proxy_password_file")?.path
        for key in ["proxy_username", "proxy_password_file"] where table.has(key) && !table.has("proxy") {
            table.fail("there is no proxy; set \"proxy\"", at: key)
        }
        if table.has("proxy_password_file"), !table.has("proxy_username") {
            table.fail("a password needs a user name; set \"proxy_username\"", at: "proxy_password_file")
        }
        guard let text = table.string("proxy") else { return nil }
        guard let url = url(text, table, "proxy") else { return nil }
        guard !url.isEncrypted, url.path == "/", url.query == nil else {
            table.fail("a proxy is written http://HOST:PORT", at: "proxy")
            return nil
        }
        return HTTPDestination.Proxy(host: url.host, port: url.port, username: username, passwordFile: passwordFile)
    }

    private func readTimeouts(_ table: TableReader, _ destination: inout HTTPDestination) {
        destination.connectTimeout =
            table.duration("connect", in: .seconds(1)...(.seconds(120))) ?? destination.connectTimeout
        destination.responseTimeout =
            table.duration("response", in: .seconds(1)...(.seconds(600))) ?? destination.responseTimeout
        destination.totalTimeout =
            table.duration("total", in: .seconds(5)...(.seconds(3600))) ?? destination.totalTimeout
        table.finish()
    }

    /// What the scheme of the url means for the rest.
    private func checkTransport(_ destination: HTTPDestination, hasTLS: Bool, _ table: TableReader) {
        guard destination.address.hasPrefix("http://") else { return }
        if hasTLS {
            table.fail("tls is set, but the url says http://; write https:// for an encrypted connection", at: "url")
        }
        let isLoopback = (try? HTTPURL(destination.address))?.isLoopback == true
        if !isLoopback {
            table.note(
                "without TLS anybody on the way can read the records, and answer in the destination's place that it "
                    + "has them; https:// would prevent both", at: "url")
        }
    }

    /// A url without placeholders; reports what is wrong with it.
    func url(_ text: String, _ table: TableReader, _ key: String) -> HTTPURL? {
        do {
            let url = try HTTPURL(text)
            guard !text.contains("{"), !text.contains("}") else {
                table.fail("a url has no placeholders here", at: key)
                return nil
            }
            return url
        } catch {
            table.fail(error.message, at: key)
            return nil
        }
    }
}

extension HTTPDestination.Preset {
    /// The formats that it takes, the default first.
    var formats: [HTTPDestination.Format] {
        switch self {
        case .webhook: HTTPDestination.Format.allCases
        case .eventGrid: [.cloudevents]
        case .eventHubs, .confluentREST: [.raw, .cloudevents, .json, .senml, .senmlCBOR, .influx]
        case .solace: [.raw, .cloudevents, .json, .senml, .senmlCBOR, .influx]
        case .influx: [.influx]
        case .kinesis: [.cloudevents, .cloudeventsStructured, .json, .senml, .senmlCBOR, .influx]
        case .pubsub: [.raw, .cloudevents, .json, .senml, .senmlCBOR, .influx]
        }
    }
}
