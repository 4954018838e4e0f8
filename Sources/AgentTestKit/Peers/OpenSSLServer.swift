/// `openssl s_server` on loopback: a TLS server that speaks no MQTT, and writes what a client has offered.
public final class OpenSSLServer: Sendable {
    /// The port on 127.0.0.1.
    public let port: UInt16
    private let folder: TemporaryFolder
    private let process: ChildProcess

    /// Starts it and waits until it listens.
    ///
    /// - Parameter arguments: those of `s_server`, besides port, certificate and key.
    /// - Throws: ``SimulationError`` where there is no `openssl`, or it does not listen.
    public init(_ certificate: CertificateAuthority.Certificate, _ arguments: [String]) async throws {
        let folder = try TemporaryFolder("openssl")
        let process = try ChildProcess(
            "openssl",
            [
                "s_server", "-accept", "127.0.0.1:0", "-cert", certificate.certificateFile, "-key", certificate.keyFile,
            ] + arguments, output: .file(folder.file("output")))
        // It says on which port: "ACCEPT 127.0.0.1:41235".
        func port() -> UInt16? {
            guard let line = folder.read("output").split(separator: "\n").first(where: { $0.hasPrefix("ACCEPT") })
            else { return nil }
            return line.split(separator: ":").last.flatMap { UInt16($0) }
        }
        _ = await eventually { port() != nil }
        guard let port = port() else { throw SimulationError("openssl does not listen: \(folder.read("output"))") }
        self.port = port
        self.folder = folder
        self.process = process
    }

    /// What it has written.
    public var output: String { folder.read("output") }

    /// Ends it.
    public func stop() { process.kill() }
}
