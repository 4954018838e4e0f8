/// A certificate authority for this run only, made with the `openssl` command in a temporary folder.
public final class CertificateAuthority: Sendable {
    /// A certificate and its key, PEM.
    public struct Certificate: Sendable {
        /// Path of the certificate.
        public let certificateFile: String
        /// Path of its private key.
        public let keyFile: String
    }

    private let folder: TemporaryFolder
    private let key: String
    /// The authority's own certificate, PEM: what a client trusts.
    public let certificateFile: String

    /// Makes key and certificate.
    ///
    /// - Throws: ``SimulationError`` where `openssl` is not there, or fails.
    public init(name: String = "Test Authority") async throws {
        folder = try TemporaryFolder("ca")
        key = folder.file("authority.key")
        certificateFile = folder.file("authority.pem")
        try await ChildProcess.run(
            "openssl",
            ["req", "-x509", "-days", "30", "-subj", "/CN=\(name)", "-keyout", key, "-out", certificateFile]
                + Self.newKey + ["-addext", "basicConstraints=critical,CA:TRUE"])
    }

    /// Issues a certificate.
    ///
    /// - Parameters:
    ///   - name: its common name, and the names of its files.
    ///   - alternativeNames: as OpenSSL writes them, such as `DNS:localhost` or `IP:127.0.0.1`.
    ///   - date: when it is issued, such as `2020-01-01`, for one day; nil: now, for 30 days.
    ///   - isSelfSigned: whether it vouches for itself, and the authority does not.
    ///   - usage: its extended key usage, as OpenSSL writes it, such as `clientAuth`; nil: it says nothing of that.
    /// - Throws: ``SimulationError`` where `openssl` or `faketime` is not there, or fails.
    public func issue(
        _ name: String, alternativeNames: [String] = ["DNS:localhost", "IP:127.0.0.1"], on date: String? = nil,
        isSelfSigned: Bool = false, usage: String? = nil
    ) async throws -> Certificate {
        let certificate = Certificate(
            certificateFile: folder.file("\(name).pem"), keyFile: folder.file("\(name).key"))
        var arguments = [
            "req", "-x509", "-days", date == nil ? "30" : "1", "-subj", "/CN=\(name)", "-keyout", certificate.keyFile,
            "-out", certificate.certificateFile,
            "-addext", "basicConstraints=critical,CA:FALSE",
        ]
        arguments += Self.newKey + (isSelfSigned ? [] : ["-CA", certificateFile, "-CAkey", key])
        if !alternativeNames.isEmpty {
            arguments += ["-addext", "subjectAltName=\(alternativeNames.joined(separator: ","))"]
        }
        if let usage { arguments += ["-addext", "extendedKeyUsage=\(usage)"] }
        if let date {
            try await ChildProcess.run("faketime", [date, "openssl"] + arguments)
        } else {
            try await ChildProcess.run("openssl", arguments)
        }
        return certificate
    }

    private static let newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
}
