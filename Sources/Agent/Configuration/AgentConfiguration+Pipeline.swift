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
        case .raw(let lines):
            return [line + ", raw, lines up to \(ByteCount(rawValue: lines.framing.sizeMax))", way]
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

    private func describe(_ stream: StreamConfiguration) -> String {
        var text = "  \(stream.name): \(stream.capacity), when full \(stream.overflow.rawValue)"
        if let retention = stream.retention { text += ", kept at most \(DurationText.format(retention))" }
        if stream.priority > 0 { text += ", priority \(stream.priority)" }
        return text
    }

    private func describe(_ uplink: UplinkConfiguration) -> [String] {
        let names = uplink.streams.map { stream in
            stream.rawValue + (uplink.orders[stream] == .freshFirst ? " (fresh first)" : "")
        }.joined(separator: ", ")
        let address: String
        let summary: String
        switch uplink.destination {
        case .mqtt(let destination):
            let preset = destination.preset.map { ", \($0.rawValue)" } ?? ""
            (address, summary) = ("\(describe(destination.broker))\(preset)", describe(destination))
        case .kafka(let destination):
            let preset = destination.preset.map { ", \($0.rawValue)" } ?? ""
            (address, summary) = ("\(destination.cluster)\(preset)", destination.summary)
        case .http(let destination):
            (address, summary) = ("\(destination.address), \(destination.preset.rawValue)", destination.summary)
        }
        return ["  \(uplink.name): \(names) -> \(address)", "    " + summary]
            + describe(uplink.link, streams: uplink.streams)
    }

    private func describe(_ link: LinkConfiguration, streams: [StreamName]) -> [String] {
        var lines: [String] = []
        if link.limits != LinkLimits() { lines.append("at most \(link.limits)") }
        if let budget = link.budget {
            var text = "at most \(budget.bytes.contractText) a \(budget.period.rawValue)"
            if let priority = budget.priorityWhenSpent {
                let names = self.streams.filter { $0.priority >= priority && streams.contains($0.name) }
                let rest = names.map(\.name.rawValue).joined(separator: ", ")
                text += ", then only \(rest.isEmpty ? "nothing" : rest)"
            }
            lines.append(text)
        }
        if !link.windows.isEmpty {
            lines.append("connected only at " + link.windows.map(\.description).joined(separator: "; "))
        }
        if link.startSpread > .zero { lines.append("begins within \(DurationText.format(link.startSpread))") }
        return lines.map { "    " + $0 }
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
