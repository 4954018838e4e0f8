import Records
import Testing

@testable import Uplinks

@Suite struct FlatJSONEncoderTests {
    private func encoded(_ record: Record, delivery: RecordBatch.Delivery = .live) -> String {
        var encoder = FlatJSONEncoder()
        var batch = Sample.batch([record])
        batch.delivery = delivery
        encoder.encode([record], of: batch)
        return String(decoding: encoder.bytes, as: UTF8.self)
    }

    private static let identity =
        "\"gateway\":\"plant7-gw2\",\"stream\":\"telemetry\",\"epoch\":\"00000100000000ab\",\"sequence\":42"

    @Test func `a record is one object, and JSON stays as it is`() {
        #expect(
            encoded(Sample.record(42, payload: "{\"celsius\": 21.50}".utf8)) == """
                [{"device":"t1","topic":"sensors/hall3/t1","time":"2026-08-23T09:14:05.123Z",\
                "payload":{"celsius": 21.50},\(Self.identity)}]
                """)
    }

    @Test func `a SenML pack becomes readings and units`() {
        let pack = """
            [{"bn":"plant7-gw2/bus1-7/","bt":1787476445.1,"n":"temperature","u":"K","v":294.6},\
            {"n":"state","vs":"on"},{"vb":true}]
            """
        let record = Sample.record(
            42, topic: "serial/bus1", payload: pack.utf8,
            properties: RecordProperties(contentType: "application/senml+json", device: "bus1-7"))
        #expect(
            encoded(record, delivery: .replay) == """
                [{"device":"bus1-7","topic":"serial/bus1","time":"2026-08-23T09:14:05.123Z",\
                "sourcetime":"2026-08-23T09:14:05.100Z",\
                "readings":{"temperature":294.6,"state":"on","value":true},"units":{"temperature":"K"},\
                \(Self.identity),"replay":true}]
                """)
    }

    @Test(arguments: [
        "[{\"n\":\"a\",\"v\":1},{\"n\":\"a\",\"v\":2}]", "[{\"n\":\"a\",\"v\":1},{\"n\":\"b\",\"v\":2,\"t\":-5}]",
        "[{\"n\":\"a\",\"vd\":\"AAAA\"}]", "[{\"n\":\"a\",\"s\":1}]",
    ])
    func `a pack that does not fit into one object stays as it is`(pack: String) {
        let record = Sample.record(
            42, payload: pack.utf8, properties: RecordProperties(contentType: "application/senml+json"))
        #expect(encoded(record).contains("\"payload\":\(pack),\"contenttype\":\"application/senml+json\""))
    }

    @Test func `text is a string, bytes are Base64, and what is odd is said`() {
        let text = Sample.record(42, topic: "", payload: "warm \"".utf8, time: Sample.time(.unsynchronised))
        #expect(
            encoded(text) == """
                [{"device":"unknown","topic":"","time":"2026-08-23T09:14:05.123Z","payload":"warm \\"",\
                \(Self.identity),"timequality":"unsynchronised","bootid":"0123456789abcdeffedcba9876543210",\
                "boottime":4000}]
                """)
        let bytes = Sample.record(42, payload: [0xFF, 0], isRetained: true)
        #expect(encoded(bytes).contains("\"payload_base64\":\"/wA=\",\(Self.identity),\"retained\":true}"))
    }

    @Test func `word of a loss says what is gone`() {
        var encoder = FlatJSONEncoder()
        encoder.encode(Sample.loss, of: Sample.gateway)
        #expect(
            String(decoding: encoder.bytes, as: UTF8.self) == """
                [{"time":"2026-08-23T09:14:05.123Z",\
                "lost":{"first":3,"last":9,"records":7,"bytes":1234,"reason":"overwritten"},\
                "gateway":"plant7-gw2","stream":"telemetry","epoch":"00000100000000ab"}]
                """)
    }
}
