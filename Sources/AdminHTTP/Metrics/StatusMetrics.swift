import Agent
import Records

/// The status as metrics. `docs/admin.md` lists them; a test compares the two.
enum StatusMetrics {
    /// The whole text.
    static func text(of status: AgentStatus, as format: ExpositionText.Format) -> [UInt8] {
        var text = ExpositionText(format, reservingCapacity: 16 << 10 + status.devices.count << 10)
        text.begin("millrace_build_info", .gauge, "Always 1; the labels say what runs here.")
        text.sample(1, .init("gateway", status.gateway.rawValue), .init("version", status.version))
        text.begin("millrace_ready", .gauge, "1 while all is done that should be.")
        text.sample(status.isReady ? 1 : 0)
        text.begin("millrace_problems", .gauge, "What is not as it should be, by how bad it is.")
        for severity in [StatusProblem.Severity.error, .warning] {
            let count = status.problems.count { $0.severity == severity }
            text.sample(count, .init("severity", severity.rawValue))
        }
        text.begin("millrace_uptime_seconds", .gauge, "How long the agent has run.")
        text.sample(status.uptime / .seconds(1))
        text.begin(
            "millrace_config_last_reload_successful", .gauge,
            "0 while the configuration file on the disk was not taken: what held before still does.")
        text.sample(status.reload?.outcome.isRefused == true ? 0 : 1)
        text.begin("millrace_clock_synchronised", .gauge, "1 while a time source keeps the clock.")
        text.sample(status.clock.reading.isSynchronised ? 1 : 0)
        appendProcess(status.process, to: &text)
        appendLog(status.log, at: status.clock.reading, to: &text)
        appendSources(status, to: &text)
        appendLines(status.serialSources, to: &text)
        appendDevices(status.devices, at: status.clock.reading, to: &text)
        appendUplinks(status.uplinks, at: status.clock.reading, to: &text)
        text.end()
        return text.bytes
    }

    /// Under the names that Prometheus' own client libraries use.
    private static func appendProcess(_ process: ProcessStatus, to text: inout ExpositionText) {
        text.begin("process_cpu_seconds_total", .counter, "Time that all threads have computed.")
        text.sample(process.processorTime / .seconds(1))
        text.begin("process_resident_memory_bytes", .gauge, "Memory in use, mapped files included.")
        text.sample(process.residentBytes)
        text.begin(
            "millrace_process_anonymous_memory_bytes", .gauge, "Memory that is no file's: what the kernel cannot drop.")
        text.sample(process.anonymousBytes)
        text.begin("process_open_fds", .gauge, "Descriptors that are open.")
        text.sample(process.descriptors)
        text.begin("millrace_process_threads", .gauge, "Threads.")
        text.sample(process.threads)
    }

    private static func appendLog(_ log: LogStatus, at now: ClockReading, to text: inout ExpositionText) {
        text.begin(
            "millrace_log_look_age_seconds", .gauge,
            "Age of the numbers of the log: grows while the disk does not answer.")
        text.sample((log.lookAge ?? .zero) / .seconds(1))
        text.streams("millrace_records_accepted_total", .counter, "Records on the disk since the log was begun.", log) {
            Double($0.accepted)
        }
        text.streams("millrace_records_held", .gauge, "Records in the log, forwarded or not.", log) { Double($0.held) }
        text.streams("millrace_stream_size_bytes", .gauge, "What a stream takes of the disk.", log) {
            Double($0.size.rawValue)
        }
        text.streams("millrace_stream_capacity_bytes", .gauge, "What a stream may take of the disk.", log) {
            Double($0.capacity.rawValue)
        }
        text.streams(
            "millrace_stream_lasts_seconds", .gauge,
            "How long the ring holds what comes in at the rate of the last hour.", log
        ) {
            $0.lasts.map { $0 / .seconds(1) }
        }
        text.streams("millrace_stream_oldest_age_seconds", .gauge, "Age of the oldest record held.", log) { stream in
            stream.oldest.map { $0.age(at: now) / .seconds(1) }
        }
        text.streams("millrace_stream_blocked", .gauge, "1 while a stream takes nothing.", log) {
            $0.problem == nil ? 0 : 1
        }
        let medium = log.medium
        text.optional(
            "millrace_disk_free_bytes", .gauge, "Bytes that are free for the agent.",
            medium.free.map { Double($0.rawValue) })
        text.optional(
            "millrace_disk_size_bytes", .gauge, "Bytes of the file system.", medium.size.map { Double($0.rawValue) })
        text.optional(
            "millrace_disk_written_bytes_total", .counter, "Bytes sent to the medium since the start.",
            medium.written.map { Double($0) })
        text.optional(
            "millrace_disk_life_seconds", .gauge, "How long the medium lasts at the rate of the last hour.",
            medium.life.map { $0 / .seconds(1) })
        text.optional(
            "millrace_disk_life_used_ratio", .gauge, "What an eMMC says of its life.",
            medium.lifeUsedPercent.map { Double($0) / 100 })
    }

    private static func appendSources(_ status: AgentStatus, to text: inout ExpositionText) {
        let counters =
            status.mqttSources.map { ("mqtt.\($0.name)", $0.counters) }
            + status.serialSources.map { ("serial.\($0.name)", $0.counters) }
        func family(_ name: StaticString, _ help: StaticString, _ value: (SourceCounters) -> UInt64) {
            text.begin(name, .counter, help)
            for (source, counters) in counters { text.sample(value(counters), .init("source", source)) }
        }
        family("millrace_source_received_total", "Messages or frames handed to the log.") { $0.received }
        family("millrace_source_refused_total", "Refused for good: too large, an impossible topic.") { $0.refused }
        family("millrace_source_looped_total", "Dropped because they came from this gateway.") { $0.looped }
        family("millrace_source_dropped_total", "Lost because the log took nothing and nobody sends again.") {
            $0.dropped
        }
        family("millrace_source_rejected_total", "Lines or frames that were not understood.") { $0.rejected }
        family("millrace_source_commit_failures_total", "Commits that failed; the source was made to send again.") {
            $0.commitFailures
        }
        text.begin("millrace_mqtt_source_connected", .gauge, "1 while the broker has granted every subscription.")
        for source in status.mqttSources {
            text.sample(source.isConnected && source.isSubscribed ? 1 : 0, .init("source", "mqtt.\(source.name)"))
        }
    }

    private static func appendLines(_ sources: [SerialSourceStatus], to text: inout ExpositionText) {
        let lines = sources.flatMap { source in source.lines.map { (source: "serial.\(source.name)", line: $0) } }
        func family(
            _ name: StaticString, _ kind: ExpositionText.Kind, _ help: StaticString, _ value: (SerialLineStatus) -> Int?
        ) {
            text.begin(name, kind, help)
            for (source, line) in lines {
                if let value = value(line) { text.sample(value, .init("source", source), .init("port", line.port)) }
            }
        }
        family("millrace_port_open", .gauge, "1 while the port is open.") { $0.stateName == "open" ? 1 : 0 }
        family("millrace_port_frames_total", .counter, "Whole frames.") { $0.frames }
        family("millrace_port_read_bytes_total", .counter, "Bytes read.") { $0.readBytes }
        family("millrace_port_sent_bytes_total", .counter, "Bytes sent.") { $0.sentBytes }
        family("millrace_port_skipped_bytes_total", .counter, "Bytes that belong to no frame.") {
            $0.skippedBytes
        }
        family("millrace_port_checksum_errors_total", .counter, "Frames whose checksum did not fit.") {
            $0.damage.checksum
        }
        family("millrace_port_malformed_frames_total", .counter, "Frames with a wrong form, too long or unfinished.") {
            $0.damage.malformed + $0.damage.tooLong + $0.damage.unfinished
        }
        family("millrace_port_requests_total", .counter, "Requests sent to devices.") { $0.requests }
        family("millrace_port_timeouts_total", .counter, "Requests that stayed without an answer in time.") {
            $0.timeouts
        }
        family("millrace_port_hang_ups_total", .counter, "Times that the port went away while it was open.") {
            $0.hangUps
        }
        family("millrace_port_overruns_total", .counter, "Characters that the hardware or the driver lost.") {
            $0.overruns
        }
    }

    /// Readings of one device that become metrics: what a device invents must not fill a database.
    static let readingsMax = 8

    private static func appendDevices(
        _ devices: [DeviceStatus], at now: ClockReading, to text: inout ExpositionText
    ) {
        text.begin("millrace_device_up", .gauge, "1 while a device sends or answers.")
        for device in devices {
            text.sample(
                device.state == .alive ? 1 : 0, .init("source", device.source), .init("device", device.name)
            )
        }
        text.begin("millrace_device_age_seconds", .gauge, "Since a device was last understood.")
        for device in devices {
            guard let last = device.lastMilliseconds else { continue }
            text.sample(
                Double(now.bootMilliseconds - last) / 1000, .init("source", device.source),
                .init("device", device.name))
        }
        text.begin("millrace_device_reading", .gauge, "The last value of a reading, in its SenML unit.")
        for device in devices {
            for reading in device.readings.prefix(readingsMax) {
                guard case .number(let value) = reading.reading.value else { continue }
                text.sample(
                    value, .init("source", device.source), .init("device", device.name),
                    .init("reading", reading.reading.name), .init("unit", reading.reading.unit ?? ""))
            }
        }
    }
}

extension ExpositionText {
    /// A family with a sample of each stream that has a value.
    fileprivate mutating func streams(
        _ name: StaticString, _ kind: Kind, _ help: StaticString, _ log: LogStatus,
        _ value: (StreamStatus) -> Double?
    ) {
        begin(name, kind, help)
        for stream in log.streams {
            if let value = value(stream) { sample(value, .init("stream", stream.name.rawValue)) }
        }
    }

    /// A family of one sample, if there is a value.
    fileprivate mutating func optional(_ name: StaticString, _ kind: Kind, _ help: StaticString, _ value: Double?) {
        begin(name, kind, help)
        if let value { sample(value) }
    }
}
