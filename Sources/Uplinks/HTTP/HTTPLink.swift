import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOPosix
import Records
import Synchronization

/// One endpoint over real sockets: HTTP/1.1, or HTTP/2 where a server that speaks TLS offers it, connections kept for
/// the next request.
public final class HTTPLink: HTTPExchange {
    /// How to reach an endpoint.
    public struct Configuration: Sendable {
        /// A proxy that connections are asked of (CONNECT, RFC 9110, 9.3.6), also those without TLS.
        public struct Proxy: Hashable, Sendable {
            /// Name or address; IPv6 without brackets.
            public var host: String
            /// 1...65535.
            public var port: UInt16
            /// The user to ask as (RFC 7617); nil: nobody in particular.
            public var username: String?
            /// The file with its password, read again when it changes.
            public var passwordFile: String?

            /// A proxy that asks nobody for a name, unless said otherwise.
            public init(host: String, port: UInt16, username: String? = nil, passwordFile: String? = nil) {
                self.host = host
                self.port = port
                self.username = username
                self.passwordFile = passwordFile
            }
        }

        /// Whom to trust and who we are, for `https://`.
        public var tls = TLSFiles()
        /// Nil: straight to the endpoint. The environment is never asked.
        public var proxy: Proxy?
        /// How long a connection may take, DNS and TLS included.
        public var connectTimeout = Duration.seconds(10)
        /// How long nothing may come after a request was sent.
        public var responseTimeout = Duration.seconds(30)
        /// How long a request may take from beginning to end: a large one over a slow line needs minutes.
        public var totalTimeout = Duration.seconds(300)
        /// How long a connection is kept without a request; many servers close theirs after a minute.
        public var idleTimeout = Duration.seconds(50)

        /// The defaults.
        public init() {}
    }

    /// One thread for the sockets of all links, made with the first connection.
    private static let threads = MultiThreadedEventLoopGroup(numberOfThreads: 1)

    /// Without the proxy.
    private let configuration: HTTPClient.Configuration
    private let proxy: Configuration.Proxy?
    private let proxyPassword: CredentialFile?
    /// Made with the first request, and again with the first one after ``disconnect()`` or with another password.
    private let client = Mutex<(http: HTTPClient, proxyPassword: Secret?)?>(nil)
    private let tls: TLSMaterial
    private let totalTimeout: Duration
    private let counter: TrafficCounter

    /// A link that connects when the first request is sent.
    public init(_ configuration: Configuration) {
        tls = TLSMaterial(configuration.tls)
        totalTimeout = configuration.totalTimeout
        var wanted = HTTPClient.Configuration(redirectConfiguration: .disallow)
        wanted.timeout.connect = TimeAmount(configuration.connectTimeout)
        wanted.timeout.read = TimeAmount(configuration.responseTimeout)
        wanted.connectionPool.idleTimeout = TimeAmount(configuration.idleTimeout)
        // The forwarder waits between attempts, and wants to know why one failed.
        wanted.connectionPool.retryConnectionEstablishment = false
        proxy = configuration.proxy
        proxyPassword = proxy?.passwordFile.map { CredentialFile(path: $0) }
        let counter = TrafficCounter()
        let initializer: @Sendable (any Channel) -> EventLoopFuture<Void> = { channel in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHandler(TrafficMeter(counter), position: .first)
            }
        }
        wanted.http1_1ConnectionDebugInitializer = initializer
        wanted.http2ConnectionDebugInitializer = initializer
        self.counter = counter
        self.configuration = wanted
    }

    /// Closes all connections, where ``close()`` was not called.
    deinit {
        // It fails only where it was closed before.
        client.withLock { $0.take() }?.http.shutdown { _ in }
    }

    /// Sends, and reads the response up to `HTTPResponse.bodySizeMax`.
    ///
    /// - Throws: `ExchangeFailure` where there is no response.
    public func send(_ request: HTTPRequest) async throws(ExchangeFailure) -> HTTPResponse {
        var outgoing = HTTPClientRequest(url: request.url.text)
        outgoing.method = HTTPMethod(rawValue: request.method)
        for field in request.fields.all { outgoing.headers.add(name: field.name, value: field.value) }
        outgoing.headers.replaceOrAdd(name: "user-agent", value: "millrace")
        if request.isChunked {
            outgoing.body = .bytes(request.body, length: .unknown)
        } else if !request.body.isEmpty {
            outgoing.body = .bytes(ByteBuffer(bytes: request.body))
        }
        counter.addRequest()
        if request.url.isEncrypted { outgoing.tlsConfiguration = try tls.configuration() }
        do {
            return try await exchange(outgoing)
        } catch {
            throw ExchangeFailure(error, url: request.url, total: totalTimeout)
        }
    }

    /// What all connections have moved.
    public var traffic: LinkTraffic { counter.traffic }

    /// Closes all connections; the next request opens one.
    public func disconnect() async {
        // It fails only where it was closed before.
        try? await client.withLock { $0.take() }?.http.shutdown()
    }

    /// Closes all connections.
    public func close() async { await disconnect() }

    /// - Throws: ``ExchangeFailure`` where the proxy's password cannot be read.
    private func currentClient() async throws(ExchangeFailure) -> HTTPClient {
        let password: Secret?
        do throws(SigningFailure) {
            password = try proxyPassword?.secret()
        } catch {
            throw ExchangeFailure("the password for the proxy: \(error.reason)", isAlarm: true)
        }
        let (http, old) = client.withLock { client -> (HTTPClient, HTTPClient?) in
            if let client, client.proxyPassword == password { return (client.http, nil) }
            var wanted = configuration
            wanted.proxy = proxy.map { Self.proxy($0, password) }
            let new = HTTPClient(eventLoopGroup: Self.threads, configuration: wanted)
            defer { client = (new, password) }
            return (new, client?.http)
        }
        // It fails only where it was closed before.
        try? await old?.shutdown()
        return http
    }

    /// The exchange, or the end of its time, whichever comes first.
    private func exchange(_ request: HTTPClientRequest) async throws -> HTTPResponse {
        let client = try await currentClient()
        return try await withThrowingTaskGroup(of: HTTPResponse.self) { [totalTimeout] group in
            group.addTask { try await Self.response(to: request, from: client, deadline: .now() + .hours(24)) }
            group.addTask {
                try await Task.sleep(for: totalTimeout)
                throw HTTPClientError.deadlineExceeded
            }
            defer { group.cancelAll() }
            guard let response = try await group.next() else { throw CancellationError() }
            return response
        }
    }

    private static func response(
        to request: HTTPClientRequest, from client: HTTPClient, deadline: NIODeadline
    ) async throws -> HTTPResponse {
        let response = try await client.execute(request, deadline: deadline)
        var fields: HTTPFields = [:]
        for (name, value) in response.headers { fields.append(name, value) }
        var body: [UInt8] = []
        var isCut = false
        for try await part in response.body {
            let room = HTTPResponse.bodySizeMax - body.count
            body.append(contentsOf: part.readableBytesView.prefix(room))
            if part.readableBytes > room {
                // To leave the loop closes the connection: the rest is not waited for.
                isCut = true
                break
            }
        }
        return HTTPResponse(status: Int(response.status.code), fields: fields, body: body, isCut: isCut)
    }

    private static func proxy(
        _ proxy: Configuration.Proxy, _ password: Secret?
    ) -> HTTPClient.Configuration.Proxy {
        guard let username = proxy.username else { return .server(host: proxy.host, port: Int(proxy.port)) }
        return .server(
            host: proxy.host, port: Int(proxy.port),
            authorization: .basic(username: username, password: password?.exposed ?? ""))
    }
}
