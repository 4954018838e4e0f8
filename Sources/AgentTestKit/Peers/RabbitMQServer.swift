import Glibc

/// A real RabbitMQ on loopback with its MQTT plugin: an MQTT 3.1.1 server that confirms what its queues have on disk.
///
/// It brings a port mapper of its own (epmd), so that nothing of it is where another test could meet it.
public final class RabbitMQServer: Sendable {
    /// The MQTT port on 127.0.0.1; kept over restarts.
    public let port: UInt16
    /// The server, started.
    public let process: PeerProcess
    private let portMapper: ChildProcess

    /// Whether this machine has one.
    public static let isInstalled = access(program, X_OK) == 0

    /// Starts a server for anybody and waits until it is ready, which takes it some fifteen seconds.
    ///
    /// - Throws: ``SimulationError`` where there is none, or it does not start; the error shows what it wrote.
    public init() async throws {
        let folder = try TemporaryFolder("rabbitmq")
        let ports = [try LoopbackListener(), try LoopbackListener(), try LoopbackListener()].map(\.port)
        port = ports[0]
        let lines = [
            "listeners.tcp = none", "mqtt.listeners.tcp.1 = 127.0.0.1:\(port)", "mqtt.allow_anonymous = true",
            "log.console = true", "log.console.level = info", "log.file = false",
        ]
        try folder.write("rabbitmq.conf", lines.joined(separator: "\n") + "\n")
        try folder.write("plugins", "[rabbitmq_mqtt].\n")
        try folder.write("environment", "")
        // Told that systemd runs it, the script becomes the server instead of its parent.
        let environment = [
            "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": folder.path, "RUNNING_UNDER_SYSTEMD": "1",
            "ERL_EPMD_PORT": "\(ports[1])", "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODENAME": "millrace@localhost", "RABBITMQ_DIST_PORT": "\(ports[2])",
            "RABBITMQ_CONFIG_FILE": folder.file("rabbitmq.conf"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": folder.file("plugins"),
            "RABBITMQ_CONF_ENV_FILE": folder.file("environment"),
            "RABBITMQ_MNESIA_BASE": folder.file("database"), "RABBITMQ_LOG_BASE": folder.file("log"),
        ]
        portMapper = try ChildProcess(
            "epmd", ["-port", "\(ports[1])", "-address", "127.0.0.1"], output: .file(folder.file("epmd")))
        process = PeerProcess(
            Self.program, [], environment: environment, in: folder, readyWith: "Server startup complete")
        try await process.start()
    }

    private static let program = "/usr/lib/rabbitmq/bin/rabbitmq-server"
}
