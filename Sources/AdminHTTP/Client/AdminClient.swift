import AsyncHTTPClient
import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix
import Records

/// Asks a running agent through its admin socket: for commands.
public struct AdminClient: Sendable {
    /// What came back.
    public struct Reply: Sendable {
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

    /// One thread for all that a process asks, made with the first question.
    private static let thread = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    /// Bytes of an answer: the status of a thousand devices has two million.
    private static let bodySizeMax = 64 << 20

    private let path: String
    private let timeout: Duration

    /// - Parameters:
    ///   - path: `[admin] socket`.
    ///   - timeout: how long an answer is waited for, and then for each part of it.
    public init(socket path: String, timeout: Duration = .seconds(30)) {
        self.path = path
        self.timeout = timeout
    }

    /// Asks for something.
    ///
    /// - Parameter target: path and query, percent-encoded.
    /// - Throws: ``AdminClientError`` where no answer comes.
    public func get(_ target: String) async throws(AdminClientError) -> Reply {
        try await exchange(request(.GET, target), Self.reply)
    }

    /// Asks to change something.
    ///
    /// - Throws: ``AdminClientError`` where no answer comes.
    public func post(
        _ target: String, _ body: [UInt8] = [], contentType: String? = nil
    ) async throws(AdminClientError) -> Reply {
        var request = request(.POST, target)
        if let contentType { request.headers.add(name: "content-type", value: contentType) }
        request.body = .bytes(ByteBuffer(bytes: body))
        return try await exchange(request, Self.reply)
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
    ) async throws(AdminClientError) -> Reply? {
        var request = request(.GET, target)
        if let last { request.headers.add(name: "last-event-id", value: last) }
        return try await exchange(request) { response in
            guard response.status == .ok else { return try await Self.reply(response) }
            var events = EventReader()
            for try await part in response.body {
                for event in events.take(Array(part.readableBytesView)) where !take(event) { return nil }
            }
            return nil
        }
    }

    private func request(_ method: HTTPMethod, _ target: String) -> HTTPClientRequest {
        var request = HTTPClientRequest(url: "http+unix://\(Self.encoded(path))\(target)")
        request.method = method
        request.headers.add(name: "host", value: "localhost")
        return request
    }

    /// One connection for one question: a command has few, and what follows records keeps its own.
    private func exchange<Value: Sendable>(
        _ request: HTTPClientRequest, _ read: (HTTPClientResponse) async throws -> Value
    ) async throws(AdminClientError) -> Value {
        let limit = TimeAmount(timeout)
        var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
        configuration.timeout = .init(connect: limit, read: limit, write: limit)
        // Whoever asks wants to know why nobody is there, at once.
        configuration.connectionPool.retryConnectionEstablishment = false
        let end = ContinuousClock.now + timeout
        while true {
            do {
                return try await HTTPClient.withHTTPClient(eventLoopGroup: Self.thread, configuration: configuration) {
                    try await read(try await $0.execute(request, timeout: limit))
                }
            } catch let error as IOError where error.errnoCode == EAGAIN && ContinuousClock.now < end {
                // As many wait at the socket as it has room for; cancellation ends the next attempt.
                try? await Task.sleep(for: .milliseconds(10))
            } catch {
                throw AdminClientError(error, at: path, within: timeout)
            }
        }
    }

    private static func reply(_ response: HTTPClientResponse) async throws -> Reply {
        let body = try await response.body.collect(upTo: bodySizeMax)
        return Reply(status: Int(response.status.code), body: Array(body.readableBytesView))
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
