import AgentTestKit
import Glibc
import Records
import Simulation
import Testing

@testable import Uplinks

/// A server that many endpoints really are, over HTTP/1.1 and HTTP/2.
@Suite(.enabled(if: Nginx.isInstalled, "nginx is not installed"))
struct NginxTests {
    @Test(arguments: [false, true])
    func `nginx takes requests over the protocol that was agreed on, and its limit makes them smaller`(
        speaksHTTP2: Bool
    ) async throws {
        let authority = try await CertificateAuthority()
        let nginx = try await Nginx(certificate: try await authority.issue("server"), speaksHTTP2: speaksHTTP2)
        var configuration = HTTPLink.Configuration()
        configuration.tls.authorityFile = authority.certificateFile
        let link = HTTPLink(configuration)
        let form = BatchForm(
            url: try URLTemplate("https://localhost:\(nginx.port)/in"), encoder: CloudEventsEncoder(),
            limits: RequestLimits(recordsMax: 500, sizeTarget: 1 << 20))
        let uplink = HTTPUplink(gateway: Sample.gateway, form: form, exchange: link, clock: StandingClock())
        #expect(await uplink.send(Sample.batch(count: 500)) == .acknowledged(through: SequenceNumber(500)))
        await uplink.close()
        let lines = nginx.accesses
        let version = speaksHTTP2 ? "HTTP/2.0" : "HTTP/1.1"
        #expect(lines.allSatisfy { $0.hasPrefix("\(version) POST /in ") }, "\(lines)")
        #expect(lines.contains { $0.contains(" 413 ") } && lines.last?.contains(" 204 ") == true, "\(lines)")
        // What nginx counts of requests it took and answers is what went over the socket, but for TLS.
        let counted = lines.reduce(0) { $0 + (Int($1.split(separator: " ").last ?? "") ?? 0) }
        #expect(Int(link.traffic.bytesSent) > counted)
    }
}

/// A real nginx on loopback with a limit of 32 KiB for requests.
final class Nginx: Sendable {
    static let isInstalled = access("/usr/sbin/nginx", X_OK) == 0

    let port: UInt16
    private let folder: TemporaryFolder
    private let process: ChildProcess

    init(certificate: CertificateAuthority.Certificate, speaksHTTP2: Bool) async throws {
        let folder = try TemporaryFolder("nginx")
        let port = try LoopbackListener().port
        let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map { "\($0)_temp_path \(folder.path)/\($0);" }.joined(separator: "\n")
        try folder.write(
            "nginx.conf",
            """
            daemon off;
            pid \(folder.path)/pid;
            error_log \(folder.path)/errors;
            events {}
            http {
                \(temporary)
                log_format counted '$server_protocol $request_method $uri $status $request_length';
                access_log \(folder.path)/accesses counted;
                server {
                    listen 127.0.0.1:\(port) ssl\(speaksHTTP2 ? " http2" : "");
                    ssl_certificate \(certificate.certificateFile);
                    ssl_certificate_key \(certificate.keyFile);
                    client_max_body_size 32k;
                    location / { return 204; }
                }
            }

            """)
        process = try ChildProcess(
            "/usr/sbin/nginx", ["-p", folder.path, "-e", folder.file("errors"), "-c", folder.file("nginx.conf")],
            output: .file(folder.file("output")))
        let isThere = await eventually { [process] in
            guard process.isRunning else { return true }
            guard let connection = LoopbackListener.connect(to: port) else { return false }
            close(connection)
            return true
        }
        guard isThere, process.isRunning else {
            throw SimulationError("nginx does not start: \(folder.read("output"))\(folder.read("errors"))")
        }
        self.folder = folder
        self.port = port
    }

    /// Protocol, method, path, status and bytes of each request.
    var accesses: [String] { folder.read("accesses").split(separator: "\n").map(String.init) }
}
