import Records

/// The JSON of `GET /status`: names in snake case with the unit at the end, times as RFC 3339 in UTC, durations in
/// seconds. A member without a value is `null`, never absent, so that a reader needs to know one shape only.
extension AgentStatus {
    /// The whole as one object.
    public func json() -> [UInt8] {
        var writer = JSONWriter(reservingCapacity: 8 << 10)
        write(to: &writer)
        return writer.bytes
    }

    private func write(to writer: inout JSONWriter) {
        let now = clock.reading
        writer.beginObject()
        writer.member("gateway", string: gateway.rawValue)
        writer.member("version", string: version)
        writer.member("time", string: RecordLine.time(now.wallMilliseconds))
        writer.member("uptime_seconds", thousandths: uptime.wholeMilliseconds)
        writer.member("ready", boolean: isReady)
        writer.key("problems")
        StatusProblem.write(problems, to: &writer)
        clock.write(to: &writer)
        process.write(to: &writer)
        writer.key("log")
        log.write(at: now, to: &writer)
        writer.key("sources")
        writer.beginObject()
        writer.key("mqtt")
        writer.array(mqttSources) { $0.write(to: &$1) }
        writer.key("serial")
        writer.array(serialSources) { $0.write(at: now, to: &$1) }
        writer.endObject()
        writer.key("devices")
        writer.array(devices) { $0.write(at: now, to: &$1) }
        writer.key("uplinks")
        writer.array(uplinks) { $0.write(at: now, to: &$1) }
        writer.key("reload")
        if let reload { reload.write(to: &writer) } else { writer.null() }
        writer.key("lost")
        writer.array(losses) { $0.write(to: &$1) }
        writer.key("events")
        writer.array(events) { $0.write(to: &$1) }
        writer.endObject()
    }

    /// The devices alone: the body of `GET /devices`.
    public func devicesJSON() -> [UInt8] {
        var writer = JSONWriter(reservingCapacity: 4 << 10)
        writer.beginObject()
        writer.key("devices")
        writer.array(devices) { $0.write(at: clock.reading, to: &$1) }
        writer.endObject()
        return writer.bytes
    }

    /// Whether it is ready and why not: the body of `GET /readyz`.
    public func readinessJSON() -> [UInt8] {
        var writer = JSONWriter(reservingCapacity: 256)
        writer.beginObject()
        writer.member("ready", boolean: isReady)
        writer.key("problems")
        StatusProblem.write(problems, to: &writer)
        writer.endObject()
        return writer.bytes
    }
}

extension StatusProblem {
    fileprivate static func write(_ problems: [StatusProblem], to writer: inout JSONWriter) {
        writer.array(problems) { problem, writer in
            writer.beginObject()
            writer.member("severity", string: problem.severity.rawValue)
            writer.member("part", string: problem.part)
            writer.member("text", string: problem.text)
            writer.endObject()
        }
    }
}

extension ClockStatus {
    fileprivate func write(to writer: inout JSONWriter) {
        writer.key("clock")
        writer.beginObject()
        writer.member("synchronised", boolean: reading.isSynchronised)
        writer.member("boot", string: reading.boot.description)
        writer.member("boot_seconds", thousandths: reading.bootMilliseconds)
        writer.endObject()
    }
}

extension ProcessStatus {
    fileprivate func write(to writer: inout JSONWriter) {
        writer.key("process")
        writer.beginObject()
        writer.member("resident_bytes", integer: residentBytes)
        writer.member("anonymous_bytes", integer: anonymousBytes)
        writer.member("threads", integer: threads)
        writer.member("descriptors", integer: descriptors)
        writer.member("processor_seconds", thousandths: processorTime.wholeMilliseconds)
        writer.endObject()
    }
}

extension LossStatus {
    fileprivate func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("uplink", string: uplink.rawValue)
        writer.member("stream", string: range.stream.rawValue)
        writer.member("epoch", string: range.epoch.description)
        writer.member("first", integer: range.first.rawValue)
        writer.member("last", integer: range.last.rawValue)
        writer.member("records", integer: range.count)
        writer.member("bytes", integer: range.bytes)
        writer.member("reason", string: range.reason.rawValue)
        writer.member("time", string: RecordLine.time(range.wallMilliseconds))
        writer.endObject()
    }
}

extension StatusEvent {
    fileprivate func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("time", string: RecordLine.time(wallMilliseconds))
        writer.member("level", string: level)
        writer.member("part", optional: part)
        writer.member("text", string: text)
        writer.endObject()
    }
}

extension JSONWriter {
    /// An array of what `body` writes of each element.
    mutating func array<Element>(_ elements: [Element], _ body: (Element, inout JSONWriter) -> Void) {
        beginArray()
        for element in elements { body(element, &self) }
        endArray()
    }

    /// A member whose value is a string, or `null`.
    mutating func member(_ name: StaticString, optional value: String?) {
        key(name)
        if let value { string(value) } else { null() }
    }

    /// A member whose value is a whole number, or `null`.
    mutating func member(_ name: StaticString, optional value: (some BinaryInteger)?) {
        key(name)
        if let value { integer(value) } else { null() }
    }

    /// A member whose value is a number with three decimals, or `null`.
    mutating func member(_ name: StaticString, rounded value: Double?) {
        key(name)
        // Beyond this, thousandths do not fit; what is counted here never comes near.
        if let value, value.magnitude < 1e15 { number(thousandths: Int64((value * 1000).rounded())) } else { null() }
    }

    /// A member whose value is a duration in seconds, or `null`.
    mutating func member(_ name: StaticString, seconds value: Duration?) {
        key(name)
        if let value { number(thousandths: value.wholeMilliseconds) } else { null() }
    }
}
