import CRdKafka

extension KafkaHandle {
    /// The handle outlives the producer, whose last callbacks come while it ends.
    func setCallbacks(_ settings: OpaquePointer?) {
        rd_kafka_conf_set_opaque(settings, Unmanaged.passUnretained(self).toOpaque())
        rd_kafka_conf_set_dr_msg_cb(settings) { _, message, context in
            guard let message else { return }
            // Handed over as index + 1: the first is not NULL.
            let index = Int(bitPattern: message.pointee._private) - 1
            KafkaHandle.from(context).board.reported(index, message.pointee.err.rawValue)
        }
        rd_kafka_conf_set_error_cb(settings) { producer, code, reason, context in
            KafkaHandle.from(context).failed(producer, code: code, reason: reason.map { String(cString: $0) } ?? "")
        }
        // Without this librdkafka would write to standard error; what counts comes as an error too.
        rd_kafka_conf_set_log_cb(settings) { _, _, _, _ in }
        rd_kafka_conf_set_socket_cb(settings) { domain, type, number, context in
            KafkaHandle.from(context).sockets.open(domain: domain, type: type, protocol: number)
        }
        rd_kafka_conf_set_closesocket_cb(settings) { descriptor, context in
            KafkaHandle.from(context).sockets.close(descriptor)
        }
        rd_kafka_conf_set_oauthbearer_token_refresh_cb(settings) { producer, _, context in
            KafkaHandle.from(context).refreshToken(of: producer)
        }
    }

    private static func from(_ context: UnsafeMutableRawPointer?) -> KafkaHandle {
        Unmanaged<KafkaHandle>.fromOpaque(context!).takeUnretainedValue()
    }

    /// librdkafka before 2.6.1 sends its part of the nonce twice, which Kafka's brokers took until 4.0 (RFC 5802, 5.1).
    static let hasOldSCRAM = rd_kafka_version() < 0x0206_0100

    private var scramAdvice: String {
        guard isScram, Self.hasOldSCRAM else { return "" }
        return "; librdkafka \(String(cString: rd_kafka_version_str())) cannot log in to Kafka 4 by SCRAM, 2.6.1 can"
    }

    private func failed(_ producer: OpaquePointer?, code: Int32, reason: String) {
        var code = KafkaCode(rawValue: code)
        guard code == KafkaCode(RD_KAFKA_RESP_ERR__FATAL) else {
            // What the TLS library says at once, and not while it waits for the peer, comes as a broken connection.
            if code == KafkaCode(RD_KAFKA_RESP_ERR__TRANSPORT), reason.contains("SSL routines") {
                code = KafkaCode(RD_KAFKA_RESP_ERR__SSL)
            }
            events.happened(code, code.isAccessProblem ? reason + scramAdvice : reason)
            return
        }
        var text = [CChar](repeating: 0, count: 512)
        code = KafkaCode(rd_kafka_fatal_error(producer, &text, text.count))
        if events.fatal == nil { events.fatal = (code, Self.string(text)) }
    }
}
