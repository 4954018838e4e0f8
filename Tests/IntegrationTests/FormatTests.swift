import AgentTestKit
import Testing

/// Every format of the configuration reaches the centre as what it says it is.
struct FormatTests {
    @Test(
        arguments: [
            (["format = \"cloudevents\""], "gateways/gateway-1/telemetry", "application/cloudevents-batch+json", nil),
            (["format = \"json\""], "gateways/gateway-1/telemetry", "application/json", nil),
            (
                ["format = \"senml\"", "compression = \"zstd\""], "gateways/gateway-1/telemetry",
                "application/senml+json", "zstd"
            ),
            (
                ["format = \"senml-cbor\"", "compression = \"zstd\"", "dictionary = \"built-in\""],
                "gateways/gateway-1/telemetry", "application/senml+cbor", "zstd-dictionary"
            ),
            (["format = \"influx\""], "gateways/gateway-1/telemetry", "text/plain; charset=utf-8", nil),
            (["format = \"sparkplug-b\"", "group = \"g\""], "spBv1.0/g/DDATA/gateway-1/sensors_t1", nil, nil),
        ] as [([String], String, String?, String?)])
    func `a record arrives in the format that the configuration names`(
        lines: [String], topic: String, contentType: String?, encoding: String?
    ) async throws {
        var options = RunningAgent.Options()
        options.uplinkLines += lines
        let agent = try await RunningAgent(options)
        let inbox = try await MessageInbox(agent.centre)
        try agent.start()
        try await agent.waitUntilReceiving()
        try await Sensor(agent.floor).publish(topic: "sensors/t1", payload: Array("{\"celsius\":21.5}".utf8))
        #expect(await inbox.receives(topic), "\(inbox.all.map(\.topic))")
        let message = try #require(inbox.all.first { $0.topic == topic })
        #expect(message.contentType == contentType)
        #expect(message.encoding == encoding)
        if topic.contains("DDATA") {
            #expect(inbox.all.first?.topic == "spBv1.0/g/NBIRTH/gateway-1")
        } else if encoding == nil {
            #expect(message.text.contains("21.5"))
        }
        #expect(try await agent.stop() == .exited(0))
    }
}
