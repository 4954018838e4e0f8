import CMosquitto
import Glibc
import Records

/// A return code of libmosquitto, or an MQTT reason code (0x80 and above) in its place.
struct MosquittoCode: Error, Equatable {
    let rawValue: Int32

    init(_ rawValue: Int32) {
        self.rawValue = rawValue
    }

    /// The code in words.
    var text: String {
        if rawValue >= 0x80 { return Self.reasonText(rawValue) }
        switch mosq_err_t(rawValue) {
        case MOSQ_ERR_MALFORMED_UTF8: return "a text contains characters that MQTT does not carry"
        case MOSQ_ERR_OVERSIZE_PACKET: return "larger than the server's Maximum Packet Size"
        case MOSQ_ERR_PAYLOAD_SIZE: return "larger than an MQTT packet can be"
        case MOSQ_ERR_INVAL: return "the topic is empty, too long or contains a wildcard"
        default: return String(cString: mosquitto_strerror(rawValue))
        }
    }

    /// Whether the fault lies in the message and not in the connection: sending it again cannot help.
    var isAboutMessage: Bool {
        switch mosq_err_t(rawValue) {
        case MOSQ_ERR_MALFORMED_UTF8, MOSQ_ERR_OVERSIZE_PACKET, MOSQ_ERR_PAYLOAD_SIZE, MOSQ_ERR_INVAL,
            MOSQ_ERR_DUPLICATE_PROPERTY, MOSQ_ERR_MALFORMED_PACKET:
            return true
        default:
            return false
        }
    }

    /// An MQTT 5 reason code in words, with its number, and what the server says besides: `not authorised (0x87)`.
    static func reasonText(_ code: Int32, remark: String? = nil) -> String {
        let digits = String(code, radix: 16, uppercase: true)
        let text = "\(withoutFullStop(String(cString: mosquitto_reason_string(code)))) (0x\(digits))"
        return remark.map { "\(text); \($0)" } ?? text
    }

    /// A CONNACK code in words; 3.1.1 has its own numbers below 0x80 (MQTT 3.1.1, 3.2.2.3).
    static func connackText(_ code: Int32, remark: String? = nil) -> String {
        guard code < 0x80 else { return reasonText(code, remark: remark) }
        switch code {
        case 4: return "bad user name or password (4)"
        case 5: return "not authorized (5)"
        default:
            let text = withoutFullStop(String(cString: mosquitto_connack_string(code)))
            return "\(text.replacingPrefix("Connection Refused: ")) (\(code))"
        }
    }

    private static func withoutFullStop(_ text: String) -> String {
        text.hasSuffix(".") ? String(text.dropLast()) : text
    }
}

extension MosquittoHandle {
    /// Why the connection ended, in words that name the broker; only after it has.
    func endReason() -> String {
        let address = configuration.address
        if let connackCode, connackCode != 0 {
            let text = MosquittoCode.connackText(connackCode, remark: remark)
            return "\(address) refused the connection: \(text)\(hint(connackCode))"
        }
        guard let end else { return "connection to \(address) closed" }
        if end.code >= 0x80 { return "\(address) ended the connection: \(MosquittoCode.reasonText(end.code))" }
        let phase = connackCode == nil ? " before it answered CONNECT" : ""
        switch mosq_err_t(end.code) {
        case MOSQ_ERR_TLS:
            return tlsReason()
        case MOSQ_ERR_ERRNO where end.systemError == EPROTO && configuration.tls != nil:
            return tlsReason()
        case MOSQ_ERR_ERRNO:
            return "connection to \(address) lost\(phase): \(systemMessage(end.systemError))"
        case MOSQ_ERR_KEEPALIVE:
            return "\(address) did not answer the keep-alive ping"
        case MOSQ_ERR_CONN_LOST, MOSQ_ERR_SUCCESS, MOSQ_ERR_NO_CONN:
            return "\(address) closed the connection\(phase)\(connackCode == nil ? earlyEndHint : "")"
        case MOSQ_ERR_PROTOCOL, MOSQ_ERR_MALFORMED_PACKET, MOSQ_ERR_MALFORMED_UTF8:
            return "\(address) sent a packet that is not valid MQTT"
        default:
            return "connection to \(address) lost\(phase): \(String(cString: mosquitto_strerror(end.code)))"
        }
    }

    /// Why ``connect()`` failed.
    func connectFailure(code: Int32, systemError: Int32) -> String {
        switch mosq_err_t(code) {
        case MOSQ_ERR_EAI:
            // libmosquitto leaves the resolver's code in errno.
            return "cannot look up \(configuration.host): \(String(cString: gai_strerror(systemError)))"
        case MOSQ_ERR_ERRNO:
            return "cannot connect to \(configuration.address): \(systemMessage(systemError))"
        case MOSQ_ERR_TLS:
            return tlsReason()
        default:
            return "cannot connect to \(configuration.address): \(String(cString: mosquitto_strerror(code)))"
        }
    }

    /// Whether a person is needed before there can be a connection; only after an attempt has failed.
    var isBarred: Bool {
        if let connackCode, connackCode != 0 {
            // Not those that pass by themselves: unavailable, busy, a quota, another server (MQTT 5.0, 3.2.2.2).
            return ![3, 0x80, 0x83, 0x88, 0x89, 0x97, 0x9C, 0x9D, 0x9F].contains(connackCode)
        }
        guard configuration.tls != nil, connackCode == nil else { return false }
        return tlsAdvice(tlsDetails()) != nil
    }

    private func tlsAdvice(_ details: [String]) -> String? {
        let text = details.joined(separator: "; ")
        return TLSAdvice.advice(on: text, host: configuration.host, address: configuration.address)
    }

    private func tlsReason() -> String {
        let details = tlsDetails()
        var text = details.joined(separator: "; ")
        if details.isEmpty {
            text = "the server closed the connection\(earlyEndHint)"
        } else if let advice = tlsAdvice(details) {
            text += "; \(advice)"
        }
        return "TLS with \(configuration.address) failed: \(text)"
    }

    /// What OpenSSL and libmosquitto have said of the handshake.
    private func tlsDetails() -> [String] {
        var details: [String] = []
        for line in errorLines {
            // "OpenSSL Error[0]: error:0A000086:SSL routines::certificate verify failed" ends with what counts.
            var detail = line.hasPrefix("OpenSSL Error") ? line.lastPart(after: ":") : line
            detail = detail.replacingPrefix("Error: ")
            if detail.hasSuffix(".") { detail.removeLast() }
            if !detail.isEmpty, !details.contains(detail) { details.append(detail) }
        }
        if let verification = certificateProblem() { details.append(verification) }
        return details
    }

    /// What OpenSSL found wrong with the server's certificate, such as "certificate has expired". Nil where the
    /// handshake was so quick that it failed within ``connect()``: then libmosquitto has thrown the details away.
    private func certificateProblem() -> String? {
        // libmosquitto brings libssl along; to look the two functions up needs neither its headers nor linking to it.
        typealias Result = @convention(c) (UnsafeMutableRawPointer) -> Int
        typealias Text = @convention(c) (Int) -> UnsafePointer<CChar>?
        guard let connection = mosquitto_ssl_get(pointer),
            let resultSymbol = dlsym(nil, "SSL_get_verify_result"),
            let textSymbol = dlsym(nil, "X509_verify_cert_error_string")
        else { return nil }
        let result = unsafeBitCast(resultSymbol, to: Result.self)(connection)
        guard result != 0, let text = unsafeBitCast(textSymbol, to: Text.self)(result) else { return nil }
        return String(cString: text)
    }

    /// Whether it was the server that ended the connection, and perhaps over a message: in MQTT 5 it says so
    /// (3.14.2.1), in 3.1.1 it just hangs up.
    var isEndedByServer: Bool {
        guard let end, connackCode == 0 else { return false }
        if end.code == MOSQ_ERR_CONN_LOST.rawValue { return true }
        return [0x80, 0x81, 0x82, 0x83, 0x87, 0x90, 0x95, 0x99, 0x9A, 0x9B].contains(end.code)
    }

    /// Whether the server has hung up during the TLS handshake: libmosquitto takes that for "not yet" and would try for
    /// ever.
    var isCutInHandshake: Bool { configuration.tls != nil && connackCode == nil && socket.isAtEnd }

    /// What to say then.
    var handshakeReason: String {
        "\(configuration.address) closed the connection during the TLS handshake"
            + (isServerKnown ? "" : "; does that port speak TLS?")
    }

    /// What to look at when the server leaves before CONNACK; a server that has answered before has broken down, or the
    /// link has.
    private var earlyEndHint: String {
        guard !isServerKnown else { return "" }
        guard let tls = configuration.tls else {
            let version = configuration.version == .v5 ? " A server that knows MQTT 3.1.1 only may do so as well" : ""
            return "; does that port speak TLS?\(version)"
        }
        // With TLS 1.3 a server refuses the client only after our side of the handshake, and its reason may be lost.
        return tls.certificateFile == nil
            ? "; it may ask for a client certificate, tls.certificate and tls.key"
            : "; it may not accept our certificate, tls.certificate"
    }

    private func hint(_ code: Int32) -> String {
        switch code {
        case 1, 0x84: return "; it does not speak this version of MQTT, try the other one"
        case 4, 5, 0x86, 0x87: return "; check user name, password and client certificate"
        case 2, 0x85: return "; it does not take this client id, set client_id to one that it knows"
        case 0x9A: return "; it keeps no retained messages, set will.retain to false"
        default: return ""
        }
    }
}

/// `strerror`, without its static buffer.
func systemMessage(_ code: Int32) -> String {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
        guard strerror_r(code, buffer.baseAddress!, buffer.count) == 0 else { return "error \(code)" }
        return String(cString: buffer.baseAddress!)
    }
}

extension String {
    fileprivate func replacingPrefix(_ prefix: String) -> String {
        hasPrefix(prefix) ? String(dropFirst(prefix.count)) : self
    }

    fileprivate func lastPart(after separator: Character) -> String {
        split(separator: separator).last.map(String.init) ?? self
    }
}
