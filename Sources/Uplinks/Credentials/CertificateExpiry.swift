import NIOSSL

/// When a certificate of a file ends.
public struct CertificateExpiry: Hashable, Sendable {
    /// The file that it is in.
    public let file: String
    /// Milliseconds since 1970-01-01 UTC after which it is not valid (RFC 5280, 4.1.2.5).
    public let notAfterMilliseconds: Int64

    /// Whole days that are left; negative behind the end.
    public func daysLeft(at wallMilliseconds: Int64) -> Int {
        Int((Double(notAfterMilliseconds - wallMilliseconds) / 86_400_000).rounded(.down))
    }
}

extension TLSFiles {
    /// The certificate of each file that ends first: a chain is as good as its first end. Blocks on the disk.
    ///
    /// - Throws: ``ExchangeFailure`` where a file holds no certificate that can be read.
    public func expirations() throws(ExchangeFailure) -> [CertificateExpiry] {
        var expirations: [CertificateExpiry] = []
        for path in [authorityFile, certificateFile].compactMap({ $0 }) {
            guard let certificates = try? NIOSSLCertificate.fromPEMFile(path),
                let end = certificates.map(\.notValidAfter).min()
            else {
                throw ExchangeFailure("the file \(path) holds no certificate that can be read, in PEM", isAlarm: true)
            }
            expirations.append(CertificateExpiry(file: path, notAfterMilliseconds: Int64(end) * 1000))
        }
        return expirations
    }
}
