import Records
import StrictTOML

/// `[uplinks.NAME]`: what is the same for every kind of destination.
extension AgentConfigurationReader {
    private enum Start: String, CaseIterable { case oldest }

    /// Reads the destinations.
    func readUplinks(_ top: TableReader) -> [Located<UplinkConfiguration>] {
        top.namedTables("uplinks", example: "central").compactMap { named in
            guard let name = UplinkName(named.name) else {
                named.reader.fail("\(quoted(named.name)) is no name for an uplink; \(Self.nameRule)")
                return nil
            }
            return readUplink(named.reader, name: name).map { Located(value: $0, table: named.reader) }
        }
    }

    private func readUplink(_ table: TableReader, name: UplinkName) -> UplinkConfiguration? {
        guard let destination = readDestination(table, name: name) else { return nil }
        var uplink = UplinkConfiguration(name: name, destination: destination, streams: readStreams(table))
        readLanes(table, of: &uplink)
        uplink.filters = readFilters(table)
        uplink.link = readLink(table)
        if let preset = destination.mqtt?.preset { uplink.link.limits.fill(from: preset.limits) }
        // The only start there is so far: reading the key makes a wrong value an error.
        _ = table.choice("start", of: Start.self)
        uplink.retryMin = table.duration("retry_min", in: .milliseconds(100)...(.seconds(60))) ?? uplink.retryMin
        uplink.retryMax = table.duration("retry_max", in: .seconds(1)...(.seconds(3600))) ?? uplink.retryMax
        if uplink.retryMin > uplink.retryMax {
            table.fail(
                "\(quoted(DurationText.format(uplink.retryMin))) is longer than retry_max, which is "
                    + quoted(DurationText.format(uplink.retryMax)),
                at: table.has("retry_min") ? "retry_min" : "retry_max")
        }
        table.finish()
        return uplink
    }

    /// The kind of destination is the scheme of its url; nil where its other keys would be those of a kind that is not
    /// there, so that reading on would only mislead.
    private func readDestination(_ table: TableReader, name: UplinkName) -> Destination? {
        switch table.peekString("url").flatMap({ BrokerAddress.scheme(of: $0) }) {
        case "http", "https": return readHTTPDestination(table).map { .http($0) }
        case "kafka", "kafkas": return readKafkaDestination(table, name: name).map { .kafka($0) }
        // A connection string says where the cluster is, so there may be no url.
        case nil where table.peekString("preset").flatMap(KafkaDestination.Preset.init) != nil && !table.has("url"):
            return readKafkaDestination(table, name: name).map { .kafka($0) }
        default:
            return .mqtt(readMQTTDestination(table, name: name))
        }
    }

    /// The streams that are forwarded; where the key is absent all of them, but not what the agent tells of itself,
    /// which is not for everybody.
    private func readStreams(_ table: TableReader) -> [StreamName] {
        guard let names = table.strings("streams") else {
            return streams.map(\.name).filter { $0 != .millrace }
        }
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

    /// `batch`: how many records go together.
    func readBatch(_ table: TableReader, defaults: BatchLimits = BatchLimits()) -> BatchLimits {
        var batch = defaults
        batch.recordsMax = table.integer("records", in: 1...10_000) ?? batch.recordsMax
        batch.sizeMax = table.byteCount("bytes", in: .kibibytes(4)...(.mebibytes(4))) ?? batch.sizeMax
        table.finish()
        return batch
    }
}
