import Agent
import Records

/// Destinations as metrics.
extension StatusMetrics {
    static func appendUplinks(_ uplinks: [UplinkStatus], at now: ClockReading, to text: inout ExpositionText) {
        appendStreams(of: uplinks, to: &text)
        func family(
            _ name: StaticString, _ kind: ExpositionText.Kind, _ help: StaticString, _ value: (UplinkStatus) -> Double?
        ) {
            text.begin(name, kind, help)
            for uplink in uplinks {
                if let value = value(uplink) { text.sample(value, .init("uplink", uplink.name.rawValue)) }
            }
        }
        family(
            "millrace_uplink_delivering", .gauge, "1 while the last attempt was confirmed and nothing holds it back."
        ) {
            $0.state == .delivering ? 1 : 0
        }
        family("millrace_uplink_alarm", .gauge, "1 while a person is needed.") { $0.isAlarm ? 1 : 0 }
        family("millrace_uplink_paused", .gauge, "1 while a person has paused it.") { $0.state == .paused ? 1 : 0 }
        family("millrace_uplink_delay_seconds", .gauge, "How long the oldest record has waited that is not confirmed.")
        {
            $0.delay / .seconds(1)
        }
        family("millrace_uplink_sent_bytes_total", .counter, "Bytes on the wire towards the destination.") {
            Double($0.wire.sentBytes)
        }
        family("millrace_uplink_received_bytes_total", .counter, "Bytes on the wire from the destination.") {
            Double($0.wire.receivedBytes)
        }
        family("millrace_uplink_waited_seconds_total", .counter, "Time in which records waited because of a limit.") {
            $0.wire.waited / .seconds(1)
        }
        family("millrace_uplink_budget_left_bytes", .gauge, "What is left of a budget.") { uplink in
            uplink.budget.map { Double($0.limit - min($0.limit, $0.used)) }
        }
        text.begin("millrace_certificate_expiry_timestamp_seconds", .gauge, "The last moment of a certificate.")
        for uplink in uplinks {
            for certificate in uplink.certificates {
                text.sample(
                    Double(certificate.notAfterMilliseconds) / 1000, .init("uplink", uplink.name.rawValue),
                    .init("role", certificate.role))
            }
        }
    }

    private static func appendStreams(of uplinks: [UplinkStatus], to text: inout ExpositionText) {
        func family(
            _ name: StaticString, _ kind: ExpositionText.Kind, _ help: StaticString,
            _ value: (UplinkStatus.Stream) -> UInt64
        ) {
            text.begin(name, kind, help)
            for uplink in uplinks {
                for stream in uplink.streams {
                    text.sample(
                        value(stream), .init("uplink", uplink.name.rawValue), .init("stream", stream.name.rawValue))
                }
            }
        }
        family("millrace_uplink_records_forwarded_total", .counter, "Records that the destination has confirmed.") {
            $0.forwarded
        }
        family("millrace_uplink_records_held", .gauge, "Records that are not confirmed yet.") { $0.held }
        family("millrace_uplink_records_lost_total", .counter, "Records that were gone before they were confirmed.") {
            $0.lost
        }
        family("millrace_uplink_records_rejected_total", .counter, "Records that the destination will never take.") {
            $0.rejected
        }
    }
}
