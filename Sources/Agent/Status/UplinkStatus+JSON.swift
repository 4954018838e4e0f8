import Records
import Uplinks

extension UplinkStatus {
    func write(at now: ClockReading, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("name", string: name.rawValue)
        writer.member("kind", string: kind)
        writer.member("address", string: address)
        writer.member("state", string: state.rawValue)
        writer.member("problem", optional: problem)
        writer.member("alarm", boolean: isAlarm)
        writer.member("waiting", optional: waiting)
        writer.member("next_try_seconds", seconds: nextTry)
        writer.member("delay_seconds", seconds: delay)
        writer.member("records_per_second", rounded: rate)
        writer.key("streams")
        writer.array(streams) { $0.write(to: &$1) }
        writeLink(to: &writer)
        writer.key("certificates")
        writer.array(certificates) { $0.write(at: now, to: &$1) }
        writer.key("records_per_minute")
        writer.array(history) { $1.number($0) }
        writer.endObject()
    }

    private func writeLink(to writer: inout JSONWriter) {
        writer.key("wire")
        writer.beginObject()
        writer.member("sent_bytes", integer: wire.traffic.bytesSent)
        writer.member("received_bytes", integer: wire.traffic.bytesReceived)
        writer.member("messages", integer: wire.traffic.messages)
        writer.member("live_bytes", integer: wire.liveBytes)
        writer.member("backlog_bytes", integer: wire.backlogBytes)
        writer.member("waited_seconds", seconds: wire.waited)
        writer.endObject()
        writer.member("limit", optional: limit)
        writer.key("budget")
        if let budget { budget.write(to: &writer) } else { writer.null() }
        writer.key("windows")
        writer.array(windows) { $1.string($0) }
    }
}

extension UplinkStatus.Stream {
    fileprivate func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("name", string: name.rawValue)
        writer.member("accepted", integer: accepted)
        writer.member("forwarded", integer: forwarded)
        writer.member("held", integer: held)
        writer.member("lost", integer: lost)
        writer.member("rejected", integer: rejected)
        writer.member("position", string: position.description)
        writer.endObject()
    }
}

extension BudgetStatus {
    fileprivate func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("period", string: period)
        writer.member("limit_bytes", integer: limit)
        writer.member("used_bytes", integer: used)
        writer.endObject()
    }
}

extension CertificateStatus {
    fileprivate func write(at now: ClockReading, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("file", string: file)
        writer.member("role", string: role)
        writer.member("not_after", string: RecordLine.time(notAfterMilliseconds))
        writer.member("days_left", integer: daysLeft(at: now.wallMilliseconds))
        writer.endObject()
    }
}
