import AgentTestKit
import FoundationEssentials
import Simulation
import Uplinks

/// A real HTTP endpoint on loopback: `Tests/Peers/http_endpoint.py`, which is not ours as far as HTTP goes.
final class HTTPPeer: Sendable {
    /// What a request was, as the far side saw it.
    struct Request: Decodable {
        let path: String
        let fields: [String: String]
        private let body: String

        /// Without gzip.
        var content: [UInt8] { Data(base64Encoded: body).map(Array.init) ?? [] }
    }

    /// What a vendor's own types made of an event.
    struct Event: Decodable {
        let id: String?
        let key: String?
        let data: String?
        let path: String?
        let type: String?
        let encoding: String?
        let subject: String?

        var sequence: UInt64? { id?.split(separator: "/").last.flatMap { UInt64($0) } }
    }

    let folder: TemporaryFolder
    let port: UInt16
    private let process: ChildProcess

    /// - Parameters:
    ///   - behaviour: as the script names it.
    ///   - interpreter: one with the vendors' packages where the behaviour needs them.
    ///   - options: further arguments.
    ///   - script: another one with the same habits.
    init(
        _ behaviour: String?, interpreter: String = "python3", options: [String] = [],
        script: String = "http_endpoint.py"
    ) async throws {
        let folder = try TemporaryFolder("http")
        process = try ChildProcess(
            interpreter, ["-B", PythonPeer.script(script), folder.path] + (behaviour.map { [$0] } ?? []) + options,
            output: .file(folder.file("output")))
        let isThere = await eventually { [process] in !process.isRunning || UInt16(folder.read("port")) != nil }
        guard isThere, let port = UInt16(folder.read("port")) else {
            throw SimulationError("\(script) does not start: \(folder.read("output"))")
        }
        self.folder = folder
        self.port = port
    }

    /// An endpoint that shows a certificate.
    convenience init(
        _ behaviour: String, certificate: CertificateAuthority.Certificate, clientAuthority: String? = nil
    ) async throws {
        var options = ["--certificate", certificate.certificateFile, "--key", certificate.keyFile]
        if let clientAuthority { options += ["--client-ca", clientAuthority] }
        try await self.init(behaviour, options: options)
    }

    var url: String { "http://127.0.0.1:\(port)" }

    /// What has arrived.
    var requests: [Request] { get throws { try lines("requests") } }
    /// What was read of it by the vendor's own types.
    var events: [Event] { get throws { try lines("events") } }

    private func lines<Line: Decodable>(_ name: String) throws -> [Line] {
        try folder.read(name).split(separator: "\n").map { try JSONDecoder().decode(Line.self, from: Data($0.utf8)) }
    }
}
