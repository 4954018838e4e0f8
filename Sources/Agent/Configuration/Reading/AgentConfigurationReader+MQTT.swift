import MQTTTransport
import Records
import StrictTOML

/// `[mqtt.NAME]`.
extension AgentConfigurationReader {
    private enum Retained: String, CaseIterable {
        case ignore, once, always

        var value: MQTTSubscription.Retained {
            switch self {
            case .ignore: .ignore
            case .once: .once
            case .always: .always
            }
        }
    }

    /// Reads the brokers whose messages are taken in.
    func readMQTTSources(_ top: TableReader) -> [Located<MQTTSourceConfiguration>] {
        top.namedTables("mqtt", example: "shopfloor").compactMap { named in
            guard let name = SourceName(named.name) else {
                named.reader.fail("\(quoted(named.name)) is no name for a source; \(Self.nameRule)")
                return nil
            }
            return Located(value: readMQTTSource(named.reader, name: name), table: named.reader)
        }
    }

    private func readMQTTSource(_ table: TableReader, name: SourceName) -> MQTTSourceConfiguration {
        let broker = readBroker(table, name: name.rawValue)
        let all = MQTTSourceConfiguration.Route(
            filter: "#", stream: readStream(table, "stream") ?? .telemetry, silentAfter: readSilence(table))
        var source = MQTTSourceConfiguration(name: name, broker: broker, routes: readRoutes(table, all))
        source.sessionExpiry =
            table.duration("session_expiry", in: .seconds(60)...(.seconds(365 * 86_400))) ?? source.sessionExpiry
        source.receiveMaximum =
            table.integer("receive_maximum", in: 20...10_000).map { UInt16($0) } ?? source.receiveMaximum
        source.payloadMax =
            table.byteCount("payload_max", in: .kibibytes(1)...ByteCount(rawValue: Limits.payloadSizeMax))
            ?? source.payloadMax
        for key in ["session_expiry", "receive_maximum"] where broker.version == .v311 && table.has(key) {
            table.note("has no effect in MQTT 3.1.1, which has no such limit", at: key)
        }
        source.retained = table.choice("retained", of: Retained.self)?.value ?? source.retained
        table.finish()
        return source
    }

    /// The filters, each with its stream. One filter cannot be subscribed to twice.
    ///
    /// - Parameter all: what holds for those that say nothing else.
    private func readRoutes(
        _ table: TableReader, _ all: MQTTSourceConfiguration.Route
    ) -> [MQTTSourceConfiguration.Route] {
        table.require("topics", example: "[\"sensors/#\"]")
        guard let elements = table.stringsOrTables("topics") else { return [] }
        if elements.isEmpty { table.fail("needs at least one topic filter, such as \"sensors/#\"", at: "topics") }
        var routes: [MQTTSourceConfiguration.Route] = []
        for (index, element) in elements.enumerated() {
            var route = all
            switch element {
            case .string(let filter):
                route.filter = filter
            case .table(let entry):
                entry.require("filter", example: "\"sensors/#\"")
                route.filter = entry.string("filter", allowsEmpty: true) ?? "#"
                route.stream = readStream(entry, "stream") ?? all.stream
                route.silentAfter = readSilence(entry) ?? all.silentAfter
                entry.finish()
            }
            if let problem = TopicSyntax.problem(filter: route.filter) {
                table.fail(problem, at: "topics", element: index)
            } else if routes.contains(where: { $0.filter == route.filter }) {
                table.fail("the filter \(quoted(route.filter)) is there twice", at: "topics", element: index)
            } else {
                routes.append(route)
            }
        }
        return routes
    }
}
