import NIOSSL
import Records
import Synchronization

/// Certificates and keys for TLS, read from their files and read again when a file changes, so that a certificate that
/// was renewed serves the next connection.
final class TLSMaterial: Sendable {
    private let files: TLSFiles
    private let known = Mutex<(stamps: [FileStamp?], configuration: TLSConfiguration)?>(nil)

    init(_ files: TLSFiles) { self.files = files }

    /// TLS 1.2 or newer, the server's name and chain verified.
    ///
    /// - Throws: ``ExchangeFailure`` where a file cannot be read, or does not hold what it should.
    func configuration() throws(ExchangeFailure) -> TLSConfiguration {
        let stamps = files.stamps
        if let known = known.withLock({ $0 }), known.stamps == stamps { return known.configuration }
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        configuration.certificateVerification = .fullVerification
        if let path = files.authorityFile {
            configuration.trustRoots = .certificates(try certificates(path))
        }
        if let path = files.certificateFile {
            configuration.certificateChain = try certificates(path).map { .certificate($0) }
        }
        if let path = files.keyFile {
            do {
                configuration.privateKey = .privateKey(try NIOSSLPrivateKey(file: path, format: .pem))
            } catch {
                throw ExchangeFailure("the file \(path) holds no private key that can be read, in PEM", isAlarm: true)
            }
        }
        known.withLock { $0 = (stamps, configuration) }
        return configuration
    }

    private func certificates(_ path: String) throws(ExchangeFailure) -> [NIOSSLCertificate] {
        do {
            let certificates = try NIOSSLCertificate.fromPEMFile(path)
            guard certificates.isEmpty else { return certificates }
        } catch {
            throw ExchangeFailure("the file \(path) holds no certificates that can be read, in PEM", isAlarm: true)
        }
        throw ExchangeFailure("the file \(path) holds no certificate", isAlarm: true)
    }
}
