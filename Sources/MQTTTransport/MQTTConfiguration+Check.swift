import Glibc
import Records

extension MQTTConfiguration {
    /// Host and port, as messages show them.
    var address: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

    var keepAliveSeconds: Int64 { keepAlive.components.seconds }

    /// Finds what can be found wrong without a broker.
    func check() throws(MQTTTransportError) {
        func require(_ condition: Bool, _ message: String) throws(MQTTTransportError) {
            guard condition else { throw MQTTTransportError(.invalidConfiguration, "\(address): \(message)") }
        }
        try require(!host.isEmpty && !host.utf8.contains(0), "the host name is empty or contains a zero byte")
        try require(port != 0, "port 0 is not a port; MQTT uses 1883, with TLS 8883")
        try require(
            !clientID.isEmpty && clientID.utf8.count <= 65_535 && MQTTTopicFilter.isPlainText(clientID),
            "the client id must have 1 to 65535 bytes and no control characters")
        try require((5...65_535).contains(keepAliveSeconds), "keep-alive must be between 5 s and 65535 s")
        try require(receiveMaximum > 0, "Receive Maximum must not be 0")
        try require(packetSizeMax > 0, "Maximum Packet Size must not be 0")
        try require(
            version == .v5 || password == nil || username != nil, "MQTT 3.1.1 needs a user name with the password")
        if let will {
            try require(MQTTTopicFilter.isValidTopic(will.topic), "'\(will.topic)' is no topic for a last will")
            try require(will.payload.count <= 65_535, "a last will has at most 65535 bytes")
        }
        guard let tls else { return }
        try require(
            (tls.certificateFile == nil) == (tls.keyFile == nil), "client certificate and key go together")
        for file in [tls.authorityFile, tls.certificateFile, tls.keyFile].compactMap(\.self) {
            try Self.checkReadable(file)
        }
    }

    private static func checkReadable(_ file: String) throws(MQTTTransportError) {
        let descriptor = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            throw MQTTTransportError(.unreadableFile, "cannot read \(file): \(systemMessage(errno))")
        }
        close(descriptor)
    }
}
