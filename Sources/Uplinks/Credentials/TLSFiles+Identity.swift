import Glibc
import NIOSSL
import Records

extension TLSFiles {
    /// Reads our certificate and its private key, and finds out whether they belong together. Blocks on the disk.
    ///
    /// - Throws: ``SigningFailure`` where one of them cannot be read, the key wants a passphrase, or they are of two
    ///   pairs. Nothing where there is no certificate.
    public func checkIdentity() throws(SigningFailure) {
        guard let certificateFile, let keyFile else { return }
        // OpenSSL would ask for the passphrase on a terminal that is not there.
        if (try? CredentialFile(path: keyFile, holding: .text).secret().exposed.contains("ENCRYPTED")) == true {
            throw SigningFailure(
                "the key \(keyFile) is locked with a passphrase, and nobody is there to be asked for it; "
                    + "openssl pkey -in \(keyFile) -out NEW writes it without")
        }
        let own = TLSFiles(certificateFile: certificateFile, keyFile: keyFile)
        var configuration: TLSConfiguration
        do {
            configuration = try TLSMaterial(own).configuration()
        } catch {
            throw SigningFailure(error.reason)
        }
        configuration.trustRoots = .certificates([])
        // BoringSSL compares the two when it is given both, and that is all that can fail here.
        guard (try? NIOSSLContext(configuration: configuration)) != nil else {
            throw SigningFailure("the key \(keyFile) does not belong to the certificate \(certificateFile)")
        }
    }
}
