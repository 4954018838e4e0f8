import StrictTOML

/// Writes the configuration that does what bridges did.
enum BridgeText {
    /// The whole file.
    static func text(of translations: [BridgeTranslation], path: String) -> String {
        var lines = [
            "# The bridges of \(path), as sources, streams and uplinks.",
            "# Take their \"connection\" sections out of that file; the rest of it stays.",
            "",
            "# This stream always exists; nothing comes into it here.",
            "[streams.telemetry]", "capacity = \"4MiB\"",
        ]
        for translation in translations {
            lines += ["", "# \(place(translation.connection.line)): connection \(translation.connection.name)"]
            if !translation.out.isEmpty { lines += out(translation) }
            if !translation.into.isEmpty { lines += into(translation) }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private typealias Setting = BridgeTranslation.Setting

    private static func out(_ bridge: BridgeTranslation) -> [String] {
        let stream = "\(bridge.name)-out"
        var lines = ["[streams.\(stream)]", "", "[mqtt.\(bridge.name)-local]"]
        lines += source(
            broker: local(bridge), clientID: clientID(bridge.localClientID), stream: stream,
            filters: bridge.out.map { ($0.localFilter, $0.line) }, isV5: true)
        lines += ["", "[uplinks.\(stream)]"]
        lines += uplink(
            bridge, broker: bridge.remoteBroker, stream: stream,
            clientID: clientID(bridge.remoteClientID, suffix: bridge.into.isEmpty ? "" : "-out"),
            mappings: bridge.out.map { Mapping($0, $0.localFilter, $0.localPrefix, $0.remotePrefix, $0.remoteTemplate) }
        )
        lines += settings([Setting(key: "retain", value: "\(bridge.passesRetained)", line: nil)])
        return lines + remoteTables(bridge, table: "uplinks.\(stream)", hasWill: true)
    }

    private static func into(_ bridge: BridgeTranslation) -> [String] {
        let stream = "\(bridge.name)-in"
        var lines = ["", "[streams.\(stream)]", "", "[mqtt.\(bridge.name)-remote]"]
        lines += source(
            broker: bridge.remoteBroker, clientID: clientID(bridge.remoteClientID), stream: stream,
            filters: bridge.into.map { ($0.remoteFilter, $0.line) },
            isV5: !bridge.remoteBroker.contains { $0.key == "version" })
        lines += remoteTables(bridge, table: "mqtt.\(bridge.name)-remote", hasWill: bridge.out.isEmpty)
        lines += ["", "[uplinks.\(stream)]"]
        lines += uplink(
            bridge, broker: local(bridge), stream: stream, clientID: clientID(bridge.localClientID, suffix: "-in"),
            mappings: bridge.into.map {
                Mapping($0, $0.remoteFilter, $0.remotePrefix, $0.localPrefix, $0.localTemplate)
            })
        return lines + ["retain = true"]
    }

    private static func local(_ bridge: BridgeTranslation) -> [Setting] {
        [Setting(key: "url", value: TOMLText.string("\(bridge.local)"), line: nil)] + bridge.localBroker
    }

    private static func clientID(_ line: MosquittoLine?, suffix: String = "") -> [Setting] {
        line.map { [Setting(key: "client_id", value: TOMLText.string($0.value + suffix), line: $0)] } ?? []
    }

    private static func source(
        broker: [Setting], clientID: [Setting], stream: String, filters: [(text: String, line: MosquittoLine)],
        isV5: Bool
    ) -> [String] {
        // What a wider filter covers would come twice.
        let patterns = filters.map { TopicPattern(filter: $0.text) }
        let needed = filters.indices.filter { index in
            !filters.indices.contains { other in
                other != index && patterns[other].covers(patterns[index])
                    && (!patterns[index].covers(patterns[other]) || other < index)
            }
        }
        return settings(broker + clientID)
            + ["stream = \"\(stream)\""] + (isV5 ? ["retain_as_published = true"] : []) + ["topics = ["]
            + aligned(needed.map { ("  \(TOMLText.string(filters[$0].text)),", filters[$0].line) }) + ["]"]
    }

    /// One `topic` line, seen from the side that its messages come from.
    private struct Mapping {
        let topic: MosquittoConnection.Topic
        let text: String
        let filter: String
        /// The template of a line that has a prefix on the other side: word of a loss goes there too.
        let template: String?

        init(
            _ topic: MosquittoConnection.Topic, _ filter: String, _ removed: String, _ added: String, _ template: String
        ) {
            self.topic = topic
            self.filter = filter
            self.template = added.isEmpty || topic.pattern.isEmpty ? nil : template
            var parts = ["filter = \(TOMLText.string(filter))"]
            if !removed.isEmpty, !topic.pattern.isEmpty { parts.append("remove = \(TOMLText.string(removed))") }
            if !added.isEmpty { parts.append("topic = \(TOMLText.string(template))") }
            text = "{ \(parts.joined(separator: ", ")) },"
        }
    }

    private static func uplink(
        _ bridge: BridgeTranslation, broker: [Setting], stream: String, clientID: [Setting], mappings: [Mapping]
    ) -> [String] {
        // In mosquitto a line without prefixes takes no part in mapping, so any line with them goes before it.
        let ordered = mappings.filter(\.topic.hasPrefix) + mappings.filter { !$0.topic.hasPrefix }
        var seen: Set<String> = []
        let distinct = ordered.filter { seen.insert($0.filter).inserted }
        var standard: [String] = []
        if let template = mappings.lazy.compactMap(\.template).first {
            standard = ["topic = \(TOMLText.string(template))  # word of a loss"]
        }
        return settings(broker + clientID) + ["streams = [\"\(stream)\"]"] + standard + ["topics = ["]
            + aligned(distinct.map { ("  " + $0.text, $0.topic.line) }) + ["]"] + settings(bridge.uplinks)
    }

    /// The tables below a table with the remote broker's url.
    private static func remoteTables(_ bridge: BridgeTranslation, table: String, hasWill: Bool) -> [String] {
        var lines: [String] = []
        if !bridge.remoteTLS.isEmpty { lines += ["", "[\(table).tls]"] + settings(bridge.remoteTLS) }
        if hasWill, let will = bridge.will {
            lines += ["", "[\(table).will]"]
            lines += settings([Setting(key: "topic", value: TOMLText.string(will.topic), line: will.line)])
            lines += ["payload = \"0\"", "retain = true"]
            if !bridge.out.isEmpty { lines += ["", "[\(table).birth]", "payload = \"1\"", "retain = true"] }
        }
        return lines
    }

    private static func settings(_ settings: [Setting]) -> [String] {
        aligned(settings.map { ("\($0.key) = \($0.value)", $0.line) })
    }

    /// Lines with the place that each comes from behind them.
    private static func aligned(_ lines: [(text: String, line: MosquittoLine?)]) -> [String] {
        let width = lines.map(\.text.count).max() ?? 0
        return lines.map { text, line in
            guard let line else { return text }
            return text + String(repeating: " ", count: width - text.count) + "  # \(place(line))"
        }
    }

    private static func place(_ line: MosquittoLine) -> String {
        let name = line.file.split(separator: "/").last.map(String.init) ?? line.file
        return "\(name):\(line.number)"
    }
}
