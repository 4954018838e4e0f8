import Agent
import Glibc
import HummingbirdCore
import HummingbirdTLS
import Logging
import NIOCore
import NIOPosix
import NIOSSL
import Records
import ServiceLifecycle
import Synchronization

/// Answers over HTTP what the agent offers: see `docs/admin.md`.
///
/// It has one thread, of low priority. What goes wrong with it never stops the agent: a way in that cannot be opened is
/// told in the log and tried again.
public final class AdminServer: Service {
    /// The thread. It is not ended: Hummingbird's server tidies up on it after it has said that it has ended.
    private static let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)

    private let agent: any AgentAccess
    private let configuration: AdminConfiguration
    private let pages: [String: AdminPage]
    private let logger: Logger
    private let patience: AdminPatience
    private let complaints: Complaints
    let live: LiveRecords
    private let opened = Mutex<(socket: Bool, port: Int?)>((false, nil))

    /// - Parameter pages: what a browser shows, by path.
    public convenience init(
        _ configuration: AdminConfiguration, of agent: any AgentAccess, pages: [String: AdminPage] = [:], logger: Logger
    ) {
        self.init(configuration, of: agent, pages: pages, patience: AdminPatience(), logger: logger)
    }

    init(
        _ configuration: AdminConfiguration, of agent: any AgentAccess, pages: [String: AdminPage] = [:],
        patience: AdminPatience, logger: Logger
    ) {
        self.patience = patience
        self.agent = agent
        self.configuration = configuration
        self.pages = pages
        self.logger = logger
        complaints = Complaints(logger)
        live = LiveRecords(agent, patience: patience, complaints: Complaints(logger, verb: "were dropped"))
    }

    /// Whether the unix socket can be opened by others.
    public var isSocketOpen: Bool { opened.withLock { $0.socket } }
    /// The port that it listens on; nil while it does not.
    public var port: Int? { opened.withLock { $0.port } }

    /// Answers until graceful shutdown or cancellation.
    ///
    /// - Throws: nothing; `Service` allows it.
    public func run() async throws {
        let doors =
            (configuration.socket == nil ? [] : [Gatekeeper.Door.socket(configuration.socketRole)])
            + (configuration.listener.map { [.network($0)] } ?? [])
        // Cancellation ends the wait just as shutdown does.
        guard !doors.isEmpty else { return try await waitForShutdown() }
        await withTaskExecutorPreference(LoopExecutor(Self.group.next())) {
            await withGracefulShutdownHandler {
                await withDiscardingTaskGroup { tasks in
                    tasks.addTask { await self.live.run() }
                    for door in doors { tasks.addTask { await self.keepOpen(door) } }
                }
            } onGracefulShutdown: {
                self.live.close()
            }
        }
    }

    private func waitForShutdown() async throws { try? await gracefulShutdown() }

    /// Opens a door again whenever it cannot be opened, until shutdown.
    private func keepOpen(_ door: Gatekeeper.Door) async {
        var pause = Duration.seconds(1)
        while !Task.isCancelled, !live.isClosed {
            do {
                try await server(for: door).run()
            } catch {
                logger.error("\(name(of: door)) cannot be opened: \(reason(error)); it is tried again")
            }
            close(door)
            guard !live.isClosed else { return }
            // Shutdown and cancellation end the pause, and with it the loop.
            try? await cancelWhenGracefulShutdown { [pause] in try await Task.sleep(for: pause) }
            pause = min(pause * 2, .seconds(60))
        }
    }

    private func server(for door: Gatekeeper.Door) throws -> any Service {
        let responder = AdminResponder(
            agent: agent, gatekeeper: Gatekeeper(door: door), live: live, pages: pages, patience: patience,
            complaints: complaints, logger: logger)
        let limits = HTTP1Channel.Configuration(
            idleTimeout: .milliseconds(patience.request.wholeMilliseconds),
            httpDecoderConfiguration: .init(
                maxHeaderFieldSize: AdminLimits.headerSizeMax, maxHeaderListSize: AdminLimits.headerSizeMax,
                maxHeaderFieldCount: AdminLimits.headerFieldsMax))
        var builder = HTTPServerBuilder.http1(configuration: limits)
        let address: BindAddress
        switch door {
        case .socket: address = .unixDomainSocket(path: configuration.socket ?? "")
        case .network(let listener):
            address = .hostname(listener.host, port: listener.port)
            if let tls = try Self.tls(of: listener) { builder = try .tls(builder, tlsConfiguration: tls) }
        }
        // What the server itself has to say is about its own inside.
        let silent = Logger(label: "admin") { _ in SwiftLogNoOpLogHandler() }
        return try builder.buildServer(
            configuration: ServerConfiguration(
                address: address, backlog: 64,
                availableConnectionsDelegate: MaximumAvailableConnections(
                    AdminLimits.connectionsMax, logger: silent)),
            eventLoopGroup: Self.group, logger: silent
        ) { request, writer, channel in
            try await responder.respond(to: request, writer, on: channel)
        } onServerRunning: { channel in
            self.didOpen(door, channel)
        }
    }

    private func didOpen(_ door: Gatekeeper.Door, _ channel: any Channel) {
        switch door {
        case .socket:
            let path = configuration.socket ?? ""
            guard chmod(path, 0o660) == 0 else {
                return logger.error("\(path) stays closed to its group: \(String(cString: strerror(errno)))")
            }
            opened.withLock { $0.socket = true }
        case .network:
            opened.withLock { $0.port = channel.localAddress?.port }
        }
        logger.info("\(name(of: door)) is open")
    }

    private func close(_ door: Gatekeeper.Door) {
        switch door {
        case .socket:
            let wasOpen = opened.withLock { opened in
                defer { opened.socket = false }
                return opened.socket
            }
            if wasOpen, let path = configuration.socket { unlink(path) }
        case .network: opened.withLock { $0.port = nil }
        }
    }

    private func name(of door: Gatekeeper.Door) -> String {
        switch door {
        case .socket: "the admin socket \(configuration.socket ?? "")"
        case .network(let listener):
            "the admin server at \(listener.host):\(opened.withLock { $0.port } ?? listener.port)"
        }
    }

    private func reason(_ error: any Error) -> String {
        guard let error = error as? IOError else { return "\(error)" }
        let words = String(cString: strerror(error.errnoCode))
        return error.errnoCode == ENOENT || error.errnoCode == EACCES
            ? "\(words); its folder must be there and writable" : words
    }

    private static func tls(of listener: AdminConfiguration.Listener) throws -> TLSConfiguration? {
        guard let files = listener.tls else { return nil }
        let chain = try NIOSSLCertificate.fromPEMFile(files.certificateFile).map {
            NIOSSLCertificateSource.certificate($0)
        }
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain, privateKey: .privateKey(try NIOSSLPrivateKey(file: files.keyFile, format: .pem)))
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["http/1.1"]
        if let authority = files.clientAuthorityFile {
            configuration.trustRoots = .file(authority)
            // A client has no name that could be checked: that the authority knows it is all.
            configuration.certificateVerification = .noHostnameVerification
        }
        return configuration
    }
}
