import Glibc

/// A real nats-server on loopback, with JetStream on disk: an MQTT 3.1.1 server that is not mosquitto.
public final class NATSServer: Sendable {
    /// The MQTT port on 127.0.0.1; kept over restarts.
    public let port: UInt16
    /// The server, started.
    public let process: PeerProcess

    /// Whether this machine has one.
    public static let isInstalled = program != nil

    /// Starts a server and waits until it is ready.
    ///
    /// - Throws: ``SimulationError`` where there is none, or it does not start; the error shows what it wrote.
    public init() async throws {
        guard let program = Self.program else { throw SimulationError("nats-server is not installed") }
        let folder = try TemporaryFolder("nats")
        let ports = [try LoopbackListener(), try LoopbackListener()].map(\.port)
        port = ports[0]
        let lines = [
            "server_name: millrace", "listen: 127.0.0.1:\(ports[1])", "mqtt { listen: 127.0.0.1:\(port) }",
            "jetstream { store_dir: \"\(folder.file("js"))\", max_mem: 64MB, max_file: 256MB }",
        ]
        try folder.write("nats.conf", lines.joined(separator: "\n") + "\n")
        process = PeerProcess(program, ["-c", folder.file("nats.conf")], in: folder, readyWith: "Server is ready")
        try await process.start()
    }

    /// Debian keeps it where an ordinary user's `PATH` does not look.
    private static let program: String? = [
        "/usr/sbin/nats-server", "/usr/bin/nats-server", "/usr/local/bin/nats-server",
    ]
    .first { access($0, X_OK) == 0 }
}
