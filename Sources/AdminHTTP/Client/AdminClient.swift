import Records

/// Asks a running agent through its admin socket: for commands. Its calls block.
public struct AdminClient {
    /// What came back.
    public struct Reply {
        /// HTTP's status code.
        public let status: Int
        /// The body.
        public let body: [UInt8]

        /// The body as text.
        public var text: String { String(decoding: body, as: UTF8.self) }
        /// Whether it was done.
        public var isDone: Bool { (200..<300).contains(status) }
    }

    /// A server-sent event (WHATWG HTML, 9.2).
    public struct Event: Sendable, Equatable {
        /// `record`, `lost` or `end`.
        public var name = ""
        /// `EPOCH/SEQUENCE`; nil where it has none.
        public var id: String?
        /// JSON in one line.
        public var json: [UInt8] = []
    }

    private let path: String
    private let timeout: Duration

    /// - Parameters:
    ///   - path: `[admin] socket`.
    ///   - timeout: how long an answer is waited for.
    public init(socket path: String, timeout: Duration = .seconds(30)) {
        self.path = path
        self.timeout = timeout
    }

    /// Asks for something.
    ///
    /// - Parameter target: path and query, percent-encoded.
    /// - Throws: ``AdminClientError`` where no answer comes.
    public func get(_ target: String) throws(AdminClientError) -> Reply { try ask("GET", target) }

    /// Asks to change something.
    ///
    /// - Throws: ``AdminClientError`` where no answer comes.
    public func post(
        _ target: String, _ body: [UInt8] = [], contentType: String? = nil
    ) throws(AdminClientError) -> Reply {
        try ask("POST", target, body, contentType: contentType)
    }

    /// Follows live records until `take` returns false, or the agent ends the stream.
    ///
    /// - Parameters:
    ///   - target: `/records/live` with its query.
    ///   - last: the id of the event behind which to go on.
    ///   - take: is given each event; false ends it.
    /// - Returns: nil, or the answer where there is no stream.
    /// - Throws: ``AdminClientError`` where the agent goes away.
    public func follow(
        _ target: String, after last: String? = nil, _ take: (Event) -> Bool
    ) throws(AdminClientError) -> Reply? {
        let connection = try UnixConnection(to: path, timeout: timeout)
        try connection.send(Self.request("GET", target, [], fields: last.map { [("Last-Event-ID", $0)] } ?? []))
        var reader = HTTPReplyReader()
        var events = EventReader()
        var body: [UInt8] = []
        while !reader.isDone {
            let bytes = try connection.receive()
            guard !bytes.isEmpty else { break }
            let part = try reader.take(bytes)
            guard let status = reader.status else { continue }
            guard status == 200 else {
                body += part
                continue
            }
            for event in events.take(part) where !take(event) { return nil }
        }
        guard let status = reader.status, status != 200 else { return nil }
        return Reply(status: status, body: body)
    }

    private func ask(
        _ method: String, _ target: String, _ body: [UInt8] = [], contentType: String? = nil
    ) throws(AdminClientError) -> Reply {
        let connection = try UnixConnection(to: path, timeout: timeout)
        let fields = contentType.map { [("Content-Type", $0)] } ?? []
        try connection.send(Self.request(method, target, body, fields: fields))
        var reader = HTTPReplyReader()
        var answer: [UInt8] = []
        while !reader.isDone {
            let bytes = try connection.receive()
            guard !bytes.isEmpty else { break }
            answer += try reader.take(bytes)
        }
        guard let status = reader.status else { throw AdminClientError("the agent has closed the connection") }
        return Reply(status: status, body: answer)
    }

    private static func request(
        _ method: String, _ target: String, _ body: [UInt8], fields: [(String, String)]
    ) -> [UInt8] {
        var text = "\(method) \(target) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        for (name, value) in fields { text += "\(name): \(value)\r\n" }
        if method == "POST" { text += "Content-Length: \(body.count)\r\n" }
        return Array((text + "\r\n").utf8) + body
    }

    /// Text as a part of a query: everything but letters, digits, `-`, `.`, `_` and `~` is encoded (RFC 3986, 2.3).
    public static func encoded(_ text: String) -> String {
        var result = ""
        for byte in text.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E:
                result.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                result += digits.utf8.count == 1 ? "%0\(digits)" : "%\(digits)"
            }
        }
        return result
    }
}
