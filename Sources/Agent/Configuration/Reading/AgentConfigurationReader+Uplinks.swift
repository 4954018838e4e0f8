import MQTTTransport
import Records
import StrictTOML

/// `[uplinks.NAME]`.
extension AgentConfigurationReader {
    private enum Start: String, CaseIterable { case oldest }

    /// Reads the destinations.
    func readUplinks(_ top: TableReader) -> [Located<UplinkConfiguration>] {
        top.namedTables("uplinks", example: "central").compactMap { named in
            guard let name = UplinkName(named.name) else {
                named.reader.fail("\(quoted(named.name)) is no name for an uplink; \(Self.nameRule)")
                return nil
            }
            if let scheme = otherScheme(named.reader) {
                // Its other keys are those of a kind of uplink that is not there: reading on would only mislead.
                named.reader.fail(
                    "this version forwards to MQTT only, not to \(scheme)://; write mqtt:// or mqtts://", at: "url")
                return nil
            }
            return Located(value: readUplink(named.reader, name: name), table: named.reader)
        }
    }

    /// The scheme of a destination that a later version may know.
    private func otherScheme(_ table: TableReader) -> String? {
        let probe = table.peekString("url").flatMap { BrokerAddress.scheme(of: $0) }
        return probe.flatMap { ["kafka", "http", "https"].contains($0) ? $0 : nil }
    }

    private func readUplink(_ table: TableReader, name: UplinkName) -> UplinkConfiguration {
        let broker = readBroker(table, name: name.rawValue)
        let format = table.choice("format", of: UplinkConfiguration.Format.self) ?? .raw
        let topic = readTopic(table, format: format)
        var uplink = UplinkConfiguration(name: name, broker: broker, topic: topic, streams: readStreams(table))
        uplink.format = format
        uplink.batch = readBatch(table.tableOrEmpty("batch"))
        uplink.compression = table.choice("compression", of: UplinkConfiguration.Compression.self) ?? .none
        uplink.passesRetained = table.boolean("retain") ?? false
        // The only start there is so far: reading the key makes a wrong value an error.
        _ = table.choice("start", of: Start.self)
        uplink.window = table.integer("window", in: 1...10_000) ?? uplink.window
        uplink.acknowledgementTimeout =
            table.duration("acknowledgement_timeout", in: .seconds(5)...(.seconds(600)))
            ?? uplink.acknowledgementTimeout
        uplink.retryMin = table.duration("retry_min", in: .milliseconds(100)...(.seconds(60))) ?? uplink.retryMin
        uplink.retryMax = table.duration("retry_max", in: .seconds(1)...(.seconds(3600))) ?? uplink.retryMax
        checkFit(uplink, table)
        table.finish()
        return uplink
    }

    private func readTopic(_ table: TableReader, format: UplinkConfiguration.Format) -> String {
        let standard = format == .raw ? "gateways/{gateway}/{topic}" : "gateways/{gateway}/{stream}"
        guard let text = table.string("topic") else { return standard }
        let names = ["gateway", "stream", "topic", "device"]
        if let problem = TopicSyntax.problem(template: text, placeholders: names) {
            table.fail(problem, at: "topic")
            return standard
        }
        if format == .cloudevents, let name = ["topic", "device"].first(where: { text.contains("{\($0)}") }) {
            table.fail(
                "{\(name)} differs from record to record, but a cloudevents message holds many; "
                    + "use {gateway} and {stream}, or format = \"raw\"", at: "topic")
        }
        return text
    }

    /// The streams that are forwarded; all of them where the key is absent.
    private func readStreams(_ table: TableReader) -> [StreamName] {
        guard let names = table.strings("streams") else { return streams.map(\.name) }
        if names.isEmpty { table.fail("needs at least one stream; without this key all are forwarded", at: "streams") }
        var result: [StreamName] = []
        for (index, text) in names.enumerated() {
            guard let name = stream(text, table, "streams", element: index) else { continue }
            if result.contains(name) {
                table.fail("the stream \(quoted(text)) is there twice", at: "streams", element: index)
            } else {
                result.append(name)
            }
        }
        return result
    }

    private func readBatch(_ table: TableReader) -> UplinkConfiguration.Batch {
        var batch = UplinkConfiguration.Batch()
        batch.recordsMax = table.integer("records", in: 1...10_000) ?? batch.recordsMax
        batch.sizeMax = table.byteCount("bytes", in: .kibibytes(4)...(.mebibytes(4))) ?? batch.sizeMax
        table.finish()
        return batch
    }

    /// What single keys cannot tell.
    private func checkFit(_ uplink: UplinkConfiguration, _ table: TableReader) {
        if uplink.compression == .zstd, uplink.format == .raw {
            table.fail(
                "compression needs format = \"cloudevents\"; raw payloads travel as they came", at: "compression")
        } else if uplink.compression == .zstd, uplink.broker.version == .v311 {
            table.fail(
                "compression needs version = \"5\"; MQTT 3.1.1 cannot say that a payload is compressed",
                at: "compression")
        }
        if uplink.passesRetained, uplink.format == .cloudevents {
            table.fail("retain needs format = \"raw\"; a message of many records is never retained", at: "retain")
        }
        if uplink.retryMin > uplink.retryMax {
            table.fail(
                "\(quoted(DurationText.format(uplink.retryMin))) is longer than retry_max, which is "
                    + quoted(DurationText.format(uplink.retryMax)),
                at: table.has("retry_min") ? "retry_min" : "retry_max")
        }
    }
}
