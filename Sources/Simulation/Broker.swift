import Glibc
import Synchronization

/// A real mosquitto on loopback, on a port that the system picks, with a folder of its own.
public final class Broker: Sendable {
    /// What is written into `mosquitto.conf`.
    public struct Options: Sendable {
        /// A server certificate, and what is asked of clients.
        public struct TLS: Sendable {
            /// The authority that clients' certificates are checked against, PEM.
            public var authorityFile: String
            /// The server's own.
            public var certificate: CertificateAuthority.Certificate
            /// Whether clients must show a certificate of the authority.
            public var requiresClientCertificate: Bool
            /// Such as `tlsv1.2`; nil: mosquitto's default.
            public var version: String?

            /// With mosquitto's default for the version.
            public init(
                authorityFile: String, certificate: CertificateAuthority.Certificate,
                requiresClientCertificate: Bool = false, version: String? = nil
            ) {
                self.authorityFile = authorityFile
                self.certificate = certificate
                self.requiresClientCertificate = requiresClientCertificate
                self.version = version
            }
        }

        /// Sessions and messages survive a restart; saved at each change.
        public var isPersistent = false
        /// `max_inflight_messages`; nil: mosquitto's default, 20.
        public var inflightMax: Int?
        /// `max_queued_messages` per client.
        public var queuedMax = 1_000_000
        /// Names and passwords; empty: anybody may connect.
        public var users: [String: String] = [:]
        /// Nil: plain TCP.
        public var tls: TLS?
        /// `max_packet_size` in bytes.
        public var packetSizeMax: Int?
        /// `protocol` of the listener.
        public var listenerProtocol = "mqtt"
        /// Whether Control-C in the terminal, which goes to a whole process group, leaves it alone.
        public var isInOwnGroup = false
        /// Further lines, as they are.
        public var lines: [String] = []

        /// A broker for anybody on loopback that forgets everything when it ends.
        public init() {}
    }

    /// The port on 127.0.0.1; kept over restarts.
    public let port: UInt16
    private let folder: TemporaryFolder
    private let isInOwnGroup: Bool
    private let process = Mutex<ChildProcess?>(nil)

    /// Starts a broker and waits until it accepts connections.
    ///
    /// - Throws: ``SimulationError`` where there is no mosquitto, or it does not start; the error shows what it wrote.
    public init(_ options: Options = Options()) async throws {
        let folder = try TemporaryFolder("broker")
        let isInOwnGroup = options.isInOwnGroup
        self.folder = folder
        self.isInOwnGroup = isInOwnGroup
        var port: UInt16 = 0
        var started: ChildProcess?
        // Between our asking for a free port and mosquitto's binding it, somebody else may take it.
        for attempt in 1...5 {
            port = try Self.freePort()
            try await Self.configure(folder, options, port: port)
            do {
                started = try await Self.start(in: folder, port: port, isInOwnGroup: isInOwnGroup)
                break
            } catch {
                if attempt == 5 { throw error }
            }
        }
        self.port = port
        process.withLock { $0 = started }
    }

    /// What mosquitto has logged.
    public var log: String { folder.read("log") }

    /// The process id, nil while it is stopped.
    public var pid: pid_t? { process.withLock { $0?.pid } }

    /// Ends the broker in order (SIGTERM), so that it saves what is persistent.
    ///
    /// - Throws: ``SimulationError`` where it does not end within 30 s.
    public func stop() async throws {
        try await end(SIGTERM)
    }

    /// Ends the broker at once (SIGKILL).
    ///
    /// - Throws: ``SimulationError`` where it does not end within 30 s.
    public func kill() async throws {
        try await end(SIGKILL)
    }

    /// Starts the broker again, on the same port, and waits until it accepts connections.
    ///
    /// - Throws: ``SimulationError`` where it does not start, for one because somebody has taken its port.
    public func start() async throws {
        let started = try await Self.start(in: folder, port: port, isInOwnGroup: isInOwnGroup)
        process.withLock { $0 = started }
    }

    /// Stops the broker in order and starts it again with other options, on the same port.
    ///
    /// - Throws: as ``stop()`` and ``start()`` do.
    public func restart(with options: Options) async throws {
        try await stop()
        try await Self.configure(folder, options, port: port)
        try await start()
    }

    /// Stops the broker in order and starts it again.
    ///
    /// - Throws: as ``stop()`` and ``start()`` do.
    public func restart() async throws {
        try await stop()
        try await start()
    }

    /// Lets the broker stand still, with its connections open (SIGSTOP), until ``resume()``.
    public func freeze() {
        process.withLock { $0?.kill(SIGSTOP) }
    }

    /// Lets a frozen broker go on.
    public func resume() {
        process.withLock { $0?.kill(SIGCONT) }
    }

    private func end(_ signal: Int32) async throws {
        let running = process.withLock { process in
            defer { process = nil }
            return process
        }
        guard let running else { return }
        running.kill(signal)
        guard await running.wait() != nil else { throw SimulationError("mosquitto does not end") }
    }

    private static func start(
        in folder: TemporaryFolder, port: UInt16, isInOwnGroup: Bool
    ) async throws -> ChildProcess {
        guard let mosquitto else { throw SimulationError("mosquitto is not installed") }
        // That somebody listens on the port is not enough: it may be another test that has just been given it.
        func starts() -> Int { folder.read("log").split(separator: "\n").count { $0.hasSuffix(" running") } }
        let before = starts()
        let process = try ChildProcess(
            mosquitto, ["-c", folder.file("mosquitto.conf")], output: .file(folder.file("output")),
            isInOwnGroup: isInOwnGroup)
        let isOver = await eventually { !process.isRunning || starts() > before }
        guard isOver, process.isRunning, accepts(port) else {
            throw SimulationError("mosquitto does not start: \(folder.read("output"))\(folder.read("log"))")
        }
        return process
    }

    /// Whether this machine has a mosquitto that can be started.
    public static var isInstalled: Bool { mosquitto != nil }

    /// Debian keeps it where an ordinary user's `PATH` does not look.
    private static let mosquitto: String? = {
        let path = getenv("PATH").map { String(cString: $0) } ?? ""
        let folders = path.split(separator: ":").map(String.init) + ["/usr/sbin", "/usr/local/sbin"]
        return folders.map { "\($0)/mosquitto" }.first { access($0, X_OK) == 0 }
    }()

    private static func configure(_ folder: TemporaryFolder, _ options: Options, port: UInt16) async throws {
        var lines = [
            "listener \(port) 127.0.0.1",
            "protocol \(options.listenerProtocol)",
            "max_queued_messages \(options.queuedMax)",
            "log_dest file \(folder.file("log"))",
            "log_type error", "log_type warning", "log_type notice", "log_type information",
        ]
        // As root mosquitto would become another user, who may not enter the folder.
        if getuid() == 0 { lines.append("user root") }
        if options.isPersistent {
            lines += ["persistence true", "persistence_location \(folder.path)/"]
            lines += ["autosave_on_changes true", "autosave_interval 1"]
        }
        if let count = options.inflightMax { lines.append("max_inflight_messages \(count)") }
        if let size = options.packetSizeMax { lines.append("max_packet_size \(size)") }
        if options.users.isEmpty {
            lines.append("allow_anonymous true")
        } else {
            lines += ["allow_anonymous false", "password_file \(folder.file("users"))"]
            try folder.write("users", "")
            for (name, password) in options.users {
                try await ChildProcess.run("mosquitto_passwd", ["-b", folder.file("users"), name, password])
            }
        }
        if let tls = options.tls {
            lines.append("cafile \(tls.authorityFile)")
            lines.append("certfile \(tls.certificate.certificateFile)")
            lines.append("keyfile \(tls.certificate.keyFile)")
            lines.append("require_certificate \(tls.requiresClientCertificate)")
            if let version = tls.version { lines.append("tls_version \(version)") }
        }
        try folder.write("mosquitto.conf", (lines + options.lines).joined(separator: "\n") + "\n")
    }

    private static func freePort() throws -> UInt16 {
        let listener = try LoopbackListener()
        return listener.port
    }

    private static func accepts(_ port: UInt16) -> Bool {
        guard let descriptor = LoopbackListener.connect(to: port) else { return false }
        close(descriptor)
        return true
    }
}
