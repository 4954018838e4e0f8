import DeviceProfiles
import MQTTTransport
import Records
import SerialIO
import StrictTOML
import Uplinks

/// What `millrace check` prints.
extension AgentConfiguration {
    /// The way of the records through sources, streams and uplinks, with the limits that hold: a few lines for people.
    public func pipelineDescription() -> String {
        var lines = [
            "gateway  \(gateway)",
            "log      \(log.path), \(log.capacity), commits within \(DurationText.format(log.commitLinger))",
            "", "sources",
        ]
        for source in mqttSources { lines += describe(source) }
        for source in serialSources { lines += describe(source) }
        lines += ["", "streams"]
        for stream in streams { lines.append(describe(stream)) }
        lines += ["", "uplinks"]
        for uplink in uplinks { lines += describe(uplink) }
        if uplinks.isEmpty { lines.append("  none: records stay in the log") }
        return lines.joined(separator: "\n")
    }

    private func describe(_ source: MQTTSourceConfiguration) -> [String] {
        let width = source.routes.map(\.filter.count).max() ?? 0
        return ["  \(source.name): \(describe(source.broker)), up to \(source.receiveMaximum) per commit"]
            + source.routes.map { route in
                return "    \(padded(route.filter, to: width)) -> \(route.stream)"
            }
    }

    private func describe(_ source: SerialSourceConfiguration) -> [String] {
        let line = "  \(source.name): \(source.port), \(source.link.settings)"
        let way = "    \(source.topic) -> \(source.stream)"
        switch source.content {
        case .lines(let lines): return [line + ", \(describe(lines.format)), lines up to \(lines.sizeMax)", way]
        case .devices(let devices): return [line] + devices.map { "    " + describe($0) } + [way]
        case .detected: return ["  \(source.name): every serial port that no other source names, as detected", way]
        }
    }

    private func describe(_ device: DeviceConfiguration) -> String {
        let profile = device.profile
        var text = "\(device.name): \(profile.name), \(profile.title)"
        if let every = profile.pollInterval { text += ", asked every \(DurationText.format(every))" }
        if let every = profile.rate.every { text += ", published every \(DurationText.format(every))" }
        return text
    }

    private func describe(_ format: LineFormat) -> String {
        switch format {
        case .json: return "JSON"
        case .keyValue: return "key=value"
        case .raw: return "raw"
        case .csv(let columns, _):
            let names = columns.map { $0.name.isEmpty ? "-" : $0.name + ($0.unit.map { " in \($0)" } ?? "") }
            return "CSV of \(names.joined(separator: ", "))"
        }
    }

    private func describe(_ stream: StreamConfiguration) -> String {
        var text = "  \(stream.name): \(stream.capacity), when full \(stream.overflow.rawValue)"
        if let retention = stream.retention { text += ", kept at most \(DurationText.format(retention))" }
        if stream.priority > 0 { text += ", priority \(stream.priority)" }
        return text
    }

    private func describe(_ uplink: UplinkConfiguration) -> [String] {
        let names = uplink.streams.map(\.rawValue).joined(separator: ", ")
        switch uplink.destination {
        case .mqtt(let destination):
            return ["  \(uplink.name): \(names) -> \(describe(destination.broker))", "    " + describe(destination)]
        case .kafka(let destination):
            let preset = destination.preset.map { ", \($0.rawValue)" } ?? ""
            return ["  \(uplink.name): \(names) -> \(destination.cluster)\(preset)", "    " + destination.summary]
        case .http(let destination):
            return [
                "  \(uplink.name): \(names) -> \(destination.address), \(destination.preset.rawValue)",
                "    " + destination.summary,
            ]
        }
    }

    private func describe(_ destination: MQTTDestination) -> String {
        var format = "raw, one message per record"
        if destination.format.batch != nil {
            let batch = destination.batch
            format = "\(destination.format.rawValue), up to \(batch.recordsMax) records or \(batch.sizeMax) per message"
            if destination.compression != .none { format += ", \(destination.compression)" }
        }
        if let sparkplug = destination.sparkplug {
            let host = sparkplug.primaryHost.map { ", while \($0) is online" } ?? ""
            return "spBv1.0/\(sparkplug.group)/+/\(sparkplug.node), sparkplug-b, one message per record\(host), up to "
                + "\(destination.window) unconfirmed"
        }
        return "\(destination.topic), \(format), up to \(destination.window) unconfirmed"
    }

    private func describe(_ broker: BrokerConfiguration) -> String {
        let version = broker.version == .v5 ? "MQTT 5" : "MQTT 3.1.1"
        return "\(broker.address), \(version), client \(broker.clientID)"
    }

    private func padded(_ text: String, to width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
}
