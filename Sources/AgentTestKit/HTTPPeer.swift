import FoundationEssentials
import Simulation

/// A real HTTP endpoint on loopback: `Tests/Peers/http_endpoint.py`, which is not ours as far as HTTP goes.
public final class HTTPPeer: Sendable {
    /// What a request was, as the far side saw it.
    public struct Request: Decodable {
        /// With the query.
        public let path: String
        /// By names in lower case.
        public let fields: [String: String]
        private let body: String

        /// The body, without gzip.
        public var content: [UInt8] { Data(base64Encoded: body).map(Array.init) ?? [] }
    }

    /// What a vendor's own types made of an event; which members there are depends on the vendor.
    public struct Event: Decodable {
        /// The identity.
        public let id: String?
        /// The partition key.
        public let key: String?
        /// The payload as text.
        public let data: String?
        /// Where it was sent.
        public let path: String?
        /// The content type of the payload.
        public let type: String?
        /// How the payload became text.
        public let encoding: String?
        /// The topic that it came on.
        public let subject: String?

        /// The sequence number in the identity.
        public var sequence: UInt64? { id?.split(separator: "/").last.flatMap { UInt64($0) } }
    }

    /// Where the script writes.
    public let folder: TemporaryFolder
    /// Where it listens on 127.0.0.1.
    public let port: UInt16
    private let process: ChildProcess

    /// Starts the script and waits until it listens.
    ///
    /// - Parameters:
    ///   - behaviour: as the script names it.
    ///   - interpreter: one with the vendors' packages where the behaviour needs them.
    ///   - options: further arguments.
    ///   - script: another one with the same habits.
    /// - Throws: `SimulationError` where it does not start.
    public init(
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

    /// Starts an endpoint that shows a certificate, and wants one of `clientAuthority` where that is given.
    ///
    /// - Throws: `SimulationError` where it does not start.
    public convenience init(
        _ behaviour: String, certificate: CertificateAuthority.Certificate, clientAuthority: String? = nil
    ) async throws {
        var options = ["--certificate", certificate.certificateFile, "--key", certificate.keyFile]
        if let clientAuthority { options += ["--client-ca", clientAuthority] }
        try await self.init(behaviour, options: options)
    }

    /// Without a path.
    public var url: String { "http://127.0.0.1:\(port)" }

    /// What has arrived.
    ///
    /// - Throws: where a line is no request.
    public var requests: [Request] { get throws { try lines("requests") } }

    /// What was read of it by the vendor's own types.
    ///
    /// - Throws: where a line is no event.
    public var events: [Event] { get throws { try lines("events") } }

    /// Reads events that another script has printed, one a line.
    ///
    /// - Throws: where a line is no event.
    public static func events(in text: String) throws -> [Event] { try lines(of: text) }

    private func lines<Line: Decodable>(_ name: String) throws -> [Line] { try Self.lines(of: folder.read(name)) }

    private static func lines<Line: Decodable>(of text: String) throws -> [Line] {
        // The last line may be half written.
        let whole = text.hasSuffix("\n") ? text[...] : text[..<(text.lastIndex(of: "\n") ?? text.startIndex)]
        return try whole.split(separator: "\n").map { try JSONDecoder().decode(Line.self, from: Data($0.utf8)) }
    }
}
