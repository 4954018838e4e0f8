import CRdKafka

/// One of librdkafka's error codes: positive ones are the protocol's, negative ones its own.
struct KafkaCode: Hashable, Sendable {
    let rawValue: Int32

    static let success = KafkaCode(rawValue: RD_KAFKA_RESP_ERR_NO_ERROR.rawValue)

    init(rawValue: Int32) { self.rawValue = rawValue }

    init(_ code: rd_kafka_resp_err_t) { rawValue = code.rawValue }

    private var code: rd_kafka_resp_err_t { rd_kafka_resp_err_t(rawValue) }

    /// In words, such as `Broker: Message size too large`.
    var text: String { String(cString: rd_kafka_err2str(code)) }

    /// What it says of the message itself; nil where it says nothing of it. Only these can end in a rejected record:
    /// not being let in, or an unknown topic, is nothing that throwing records away would mend.
    var refusal: DeliveryReport.Refusal? {
        switch code {
        case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE,
            RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE:
            .tooLarge
        case RD_KAFKA_RESP_ERR_INVALID_RECORD: .invalid
        case RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP: .untimely
        default: nil
        }
    }

    /// Whether a person is needed: waiting alone changes nothing.
    var isAlarm: Bool {
        switch code {
        case RD_KAFKA_RESP_ERR__AUTHENTICATION, RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED,
            RD_KAFKA_RESP_ERR_UNSUPPORTED_SASL_MECHANISM, RD_KAFKA_RESP_ERR_ILLEGAL_SASL_STATE,
            RD_KAFKA_RESP_ERR__SSL, RD_KAFKA_RESP_ERR_SECURITY_DISABLED,
            RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED,
            RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
            RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC,
            RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION, RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION,
            RD_KAFKA_RESP_ERR_INVALID_CONFIG,
            RD_KAFKA_RESP_ERR_INVALID_REQUIRED_ACKS, RD_KAFKA_RESP_ERR_UNSUPPORTED_VERSION,
            RD_KAFKA_RESP_ERR_UNSUPPORTED_FOR_MESSAGE_FORMAT, RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE,
            RD_KAFKA_RESP_ERR_UNSUPPORTED_COMPRESSION_TYPE, RD_KAFKA_RESP_ERR__INVALID_ARG:
            true
        default: false
        }
    }

    /// Whether it keeps us from entering a broker at all, so that waiting for another answer is in vain.
    var isAccessProblem: Bool {
        switch code {
        case RD_KAFKA_RESP_ERR__AUTHENTICATION, RD_KAFKA_RESP_ERR__SSL: true
        default: false
        }
    }

    /// Whether it only says that the producer has ended for another reason.
    var isConsequence: Bool {
        switch code {
        case RD_KAFKA_RESP_ERR__FATAL, RD_KAFKA_RESP_ERR__PURGE_QUEUE, RD_KAFKA_RESP_ERR__PURGE_INFLIGHT,
            RD_KAFKA_RESP_ERR__GAPLESS_GUARANTEE, RD_KAFKA_RESP_ERR__DESTROY:
            true
        default: false
        }
    }

    /// Whether the queue is full for the moment.
    var isQueueFull: Bool { code == RD_KAFKA_RESP_ERR__QUEUE_FULL }

    /// Whether no broker at all can be reached.
    var isAllBrokersDown: Bool { code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN }

    /// What to look at, where a person is needed.
    var advice: String {
        switch code {
        case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC: "; make the topic"
        case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED: "; allow this user to write to the topic"
        case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED: "; allow this user IdempotentWrite on the cluster"
        case RD_KAFKA_RESP_ERR__AUTHENTICATION, RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED:
            "; check user name, password and \"login\""
        case RD_KAFKA_RESP_ERR__SSL: "; check the url's scheme, \"tls.ca\" and the client certificate"
        default: ""
        }
    }
}
