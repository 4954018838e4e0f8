import MQTTTransport
import Records
import StrictTOML

/// What uplinks publish and sources on the same brokers take in again.
extension AgentConfigurationReader {
    /// Refuses what would go round for ever; notes what comes back only to be dropped.
    func checkCircles(mqttSources: [Located<MQTTSourceConfiguration>], uplinks: [Located<UplinkConfiguration>]) {
        let uplinks = uplinks.filter { !($0.value.destination.mqtt?.broker.address.host.isEmpty ?? true) }
        let flow = TopicFlow(
            sources: mqttSources.map(\.value), uplinks: uplinks.map(\.value), gateway: gateway)
        for circle in flow.circles() {
            let (uplink, source) = (uplinks[circle.uplink], mqttSources[circle.source])
            guard let address = uplink.value.destination.mqtt?.broker.address else { continue }
            let key = circle.isMapped ? "topics" : "topic"
            let publishing = "\(quoted(circle.template)) publishes to \(address.endpoint)"
            let filter =
                "the filter \(quoted(circle.filter)) of [\(source.table.path)]"
                + at(source.table.line(of: "topics"))
            switch circle.kind {
            case .own:
                uplink.table.fail(
                    "records would go round in a circle: the template \(publishing), where \(filter) takes them in "
                        + "again; narrow the filter, change the template, or give what comes in a stream that this "
                        + "uplink does not forward", at: key)
            case .unmarked(let next):
                uplink.table.fail(
                    "records would go round in a circle: the template \(publishing), where \(filter) takes them in "
                        + "again, and [\(uplinks[next].table.path)] sends them on; only MQTT 5 can mark what has "
                        + "passed this gateway, so set version = \"5\" in both, or narrow the filter", at: key)
            case .marked where !address.isLoopback:
                uplink.table.note(
                    "what \(publishing) comes back through \(filter), and is dropped because it has passed this "
                        + "gateway: it crosses the link twice, which topics of their own for each way would spare",
                    at: key)
            case .marked: break
            }
        }
    }
}
