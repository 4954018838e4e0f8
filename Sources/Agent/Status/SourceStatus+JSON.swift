import Records
import SerialIO

extension MQTTSourceStatus {
    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("name", string: name)
        writer.member("address", string: address)
        writer.member("connected", boolean: isConnected)
        writer.member("subscribed", boolean: isSubscribed)
        writer.member("problem", optional: problem)
        writer.member("messages_per_second", rounded: rate)
        counters.write(to: &writer)
        writer.endObject()
    }
}

extension SerialSourceStatus {
    func write(at now: ClockReading, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("name", string: name)
        writer.member("port", string: port)
        writer.member("records_per_second", rounded: rate)
        counters.write(to: &writer)
        writer.key("lines")
        writer.array(lines) { $0.write(at: now, to: &$1) }
        writer.endObject()
    }
}

extension SourceCounters {
    fileprivate func write(to writer: inout JSONWriter) {
        writer.member("received", integer: received)
        writer.member("refused", integer: refused)
        writer.member("looped", integer: looped)
        writer.member("dropped", integer: dropped)
        writer.member("rejected", integer: rejected)
        writer.member("commit_failures", integer: commitFailures)
    }
}

extension SerialLineStatus {
    /// `open`, `absent` or `unavailable`.
    public var stateName: String {
        switch state {
        case .open: "open"
        case .absent: "absent"
        case .unavailable: "unavailable"
        }
    }

    fileprivate func write(at now: ClockReading, to writer: inout JSONWriter) {
        var path: String?
        var problem: String?
        switch state {
        case .open(let file): path = file
        case .absent: break
        case .unavailable(let reason): problem = reason
        }
        writer.beginObject()
        writer.member("port", string: port)
        writer.member("state", string: stateName)
        writer.member("path", optional: path)
        writer.member("problem", optional: problem)
        writer.member("devices", integer: devices)
        writer.member("frames", integer: counters.frames)
        writer.member("read_bytes", integer: counters.bytes)
        writer.member("sent_bytes", integer: counters.sentBytes)
        writer.member("skipped_bytes", integer: counters.skippedBytes)
        writer.member("checksum_errors", integer: damage.checksum)
        writer.member("malformed_frames", integer: damage.malformed)
        writer.member("oversized_frames", integer: damage.tooLong)
        writer.member("unfinished_frames", integer: damage.unfinished)
        writer.member("requests", optional: requests)
        writer.member("timeouts", optional: timeouts)
        writer.member("opens", integer: counters.opens)
        writer.member("hang_ups", integer: counters.hangUps)
        writer.member("overruns", optional: overruns)
        writer.member("framing_errors", optional: counters.faults?.framing)
        writer.member("parity_errors", optional: counters.faults?.parity)
        writer.key("bad_frames")
        writer.array(badFrames) { $0.write(at: now, to: &$1) }
        writer.endObject()
    }
}

extension DeviceStatus {
    func write(at now: ClockReading, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("name", string: name)
        writer.member("source", string: source)
        writer.member("port", optional: port)
        writer.member("profile", optional: profile)
        writer.member("state", string: state.rawValue)
        writer.member("age_seconds", seconds: lastMilliseconds.map { .milliseconds(now.bootMilliseconds - $0) })
        writer.key("readings")
        writer.array(readings) { $0.write(at: now, to: &$1) }
        writer.key("alarms")
        writer.array(alarms) { alarm, writer in
            writer.beginObject()
            writer.member("reading", string: alarm.reading)
            writer.member("side", string: alarm.side.rawValue)
            writer.member("limit", number: alarm.limit)
            writer.member("value", number: alarm.value)
            writer.endObject()
        }
        writer.endObject()
    }
}

extension ReadingStatus {
    fileprivate func write(at now: ClockReading, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("name", string: reading.name)
        writer.key("value")
        switch reading.value {
        case .number(let value): writer.number(value)
        case .text(let text): writer.string(text)
        case .boolean(let flag): writer.boolean(flag)
        }
        writer.member("unit", optional: reading.unit)
        writer.member("age_seconds", seconds: .milliseconds(now.bootMilliseconds - bootMilliseconds))
        writer.key("history")
        writer.array(history) { $1.number($0) }
        writer.endObject()
    }
}
