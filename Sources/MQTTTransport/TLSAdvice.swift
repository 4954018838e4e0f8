/// What a person can do about a TLS handshake that failed, by OpenSSL's words for it.
enum TLSAdvice {
    /// Nil where the words say enough, or nothing that is known here.
    ///
    /// - Parameters:
    ///   - text: what OpenSSL and libmosquitto said.
    ///   - host: the name that the server's certificate must show.
    ///   - address: host and port.
    static func advice(on text: String, host: String, address: String) -> String? {
        // OpenSSL 1.1 and 3 differ in hyphens and letter case.
        let text = text.lowercased().replacing("-", with: " ")
        guard let cause = causes.first(where: { text.contains($0.mark) }) else { return nil }
        return cause.advice.replacing("HOST", with: host).replacing("ADDRESS", with: address)
    }

    /// The more exact ones come first.
    private static let causes: [(mark: String, advice: String)] = [
        (
            "host name verification failed",
            "the server's certificate is not for HOST: use a name that it shows in the url"
        ),
        ("certificate has expired", "renew the server's certificate, or set the clock of this machine"),
        ("certificate is not yet valid", "set the clock of this machine, or have the server's certificate issued anew"),
        ("certificate revoked", "the server needs a new certificate"),
        ("self signed certificate in certificate chain", unknownAuthority),
        ("unable to get local issuer certificate", unknownAuthority),
        ("unable to get issuer certificate", unknownAuthority),
        ("unable to verify the first certificate", unknownAuthority),
        (
            "self signed certificate",
            "the server vouches for itself: have an authority issue its certificate and set tls.ca to that authority's"
        ),
        (
            "certificate purpose",
            "the server's certificate is not issued for servers: its extended key usage must have serverAuth"
        ),
        ("alert certificate required", certificateWanted),
        ("alert handshake failure", certificateWanted),
        ("alert unknown ca", "the server does not know the authority of our certificate, tls.certificate"),
        ("alert certificate expired", "the server finds our certificate expired: renew tls.certificate"),
        ("alert certificate revoked", "the server finds our certificate revoked: renew tls.certificate"),
        ("alert bad certificate", certificateRefused),
        ("alert certificate unknown", certificateRefused),
        ("alert unsupported certificate", certificateRefused),
        ("alert access denied", certificateRefused),
        ("alert protocol version", "the server speaks no TLS 1.2 or newer"),
        ("wrong version number", "does that port speak TLS?"),
        ("certificate verify failed", "openssl s_client -connect ADDRESS -verify_return_error tells why"),
    ]

    private static let unknownAuthority = "set tls.ca to the certificate of the authority that issued the server's"
    private static let certificateWanted = "the server asks for a client certificate: set tls.certificate and tls.key"
    private static let certificateRefused = "the server does not accept our certificate, tls.certificate"
}
