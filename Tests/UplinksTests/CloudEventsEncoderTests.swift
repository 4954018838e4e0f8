import AgentTestKit
import FoundationEssentials
import Records
import Testing

@testable import Uplinks

@Suite struct CloudEventsEncoderTests {
    private func encoded(_ records: [Record]) -> [UInt8] {
        var encoder = CloudEventsEncoder()
        encoder.encode(records[...], of: Sample.batch(records))
        return encoder.bytes
    }

    private func decoded(_ bytes: [UInt8]) throws -> [[String: JSONValue]] {
        let values = try JSONDecoder().decode([JSONValue].self, from: Data(bytes))
        return values.compactMap { if case .object(let members) = $0 { members } else { nil } }
    }

    private func event(_ record: Record) throws -> [String: JSONValue] {
        try #require(try decoded(encoded([record])).first)
    }

    @Test func `a record becomes an event with its identity, byte for byte`() {
        let expected = """
            [{"specversion":"1.0","type":"io.millrace.record","source":"/gateways/plant7-gw2",\
            "gateway":"plant7-gw2","stream":"telemetry","epoch":"00000100000000ab",\
            "id":"plant7-gw2/telemetry/00000100000000ab/42","sequence":"00000000000000000042",\
            "subject":"sensors/hall3/t1","time":"2026-08-23T09:14:05.123Z","data":{"celsius": 21.5}}]
            """
        let bytes = encoded([Sample.record(42, payload: "{\"celsius\": 21.5}".utf8)])
        #expect(String(decoding: bytes, as: UTF8.self) == expected)
    }

    @Test func `a decoder that is not ours reads every attribute`() throws {
        let properties = RecordProperties(
            contentType: "application/senml+json",
            userProperties: [.init(name: "line", value: "4\"a"), .init(name: "line", value: "é")],
            messageExpirySeconds: 60, responseTopic: "reply", correlationData: [1, 2, 3], device: "bus1-7",
            sourceMilliseconds: 0)
        let record = Sample.record(
            .max, topic: "a/\"b\\\u{1}/é", payload: "[1]".utf8, time: Sample.time(.unsynchronised), isRetained: true,
            properties: properties)
        let event = try event(record)
        #expect(
            event == [
                "specversion": .string("1.0"), "type": .string("io.millrace.record"),
                "source": .string("/gateways/plant7-gw2"), "gateway": .string("plant7-gw2"),
                "stream": .string("telemetry"), "epoch": .string("00000100000000ab"),
                "id": .string("plant7-gw2/telemetry/00000100000000ab/18446744073709551615"),
                "sequence": .string("18446744073709551615"), "subject": .string("a/\"b\\\u{1}/é"),
                "time": .string("2026-08-23T09:14:05.123Z"), "timequality": .string("unsynchronised"),
                "bootid": .string("0123456789abcdeffedcba9876543210"), "boottime": .string("4000"),
                "retained": .boolean(true), "device": .string("bus1-7"),
                "sourcetime": .string("1970-01-01T00:00:00.000Z"),
                "expirytime": .string("2026-08-23T09:15:05.123Z"), "responsetopic": .string("reply"),
                "correlationdata": .string("AQID"),
                "userproperties": .string("[[\"line\",\"4\\\"a\"],[\"line\",\"é\"]]"),
                "datacontenttype": .string("application/senml+json"), "data": .array([.number(1)]),
            ])
    }

    @Test func `attribute names are lower-case letters and digits`() throws {
        let properties = RecordProperties(
            contentType: "a/b", userProperties: [.init(name: "n", value: "v")], messageExpirySeconds: 1,
            responseTopic: "t", correlationData: [1], device: "d", sourceMilliseconds: 1)
        let record = Sample.record(1, time: Sample.time(.unsynchronised), isRetained: true, properties: properties)
        for name in try event(record).keys where name != "data_base64" {
            #expect(name.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) }, "\(name)")
        }
    }

    @Test(
        arguments: [
            ("21.5", nil, JSONValue.number(21.5)), ("\"text\"", nil, .string("text")), ("null", nil, .null),
            ("{}", "application/json", .object([:])), ("[]", "Application/JSON; charset=utf-8", .array([])),
            ("true", "application/vnd.x+json", .boolean(true)),
            ("21.5", "text/plain", .string("21.5")), ("a\"b\\\n", "text/csv; charset=\"UTF-8\"", .string("a\"b\\\n")),
        ] as [(String, String?, JSONValue)])
    func `payloads that can stand in the event do`(payload: String, contentType: String?, data: JSONValue) throws {
        let properties = contentType.map { RecordProperties(contentType: $0) }
        let event = try event(Sample.record(1, payload: payload.utf8, properties: properties))
        #expect(event["data"] == data)
        #expect(event["data_base64"] == nil)
        #expect(event["datacontenttype"] == contentType.map { .string($0) })
    }

    @Test(
        arguments: [
            (Array("".utf8), nil), (Array("{".utf8), nil), (Array("nul".utf8), "application/json"),
            ([0xFF, 0xFE], nil),
            ([0xFF], "text/plain"), (Array("x".utf8), "text/plain; charset=iso-8859-1"),
            (Array("x".utf8), "application/octet-stream"), (Array("1 2".utf8), nil), (Array("\"\\ud800\"".utf8), nil),
            (Array("{\"a\\udc00\":1}".utf8), nil), (Array("\"\\ud800\\u0041\"".utf8), nil),
        ] as [([UInt8], String?)])
    func `payloads that cannot go as Base64`(payload: [UInt8], contentType: String?) throws {
        let properties = contentType.map { RecordProperties(contentType: $0) }
        let event = try event(Sample.record(1, payload: payload, properties: properties))
        #expect(event["data"] == nil)
        #expect(event["data_base64"] == .string(Data(payload).base64EncodedString()))
    }

    @Test func `a surrogate pair is text like any other`() throws {
        let event = try event(Sample.record(1, payload: "\"\\ud83d\\ude00 \\\\ud800\"".utf8))
        #expect(event["data"] == .string("😀 \\ud800"))
    }

    @Test func `a payload marked as UTF-8 whose type is no JSON stands as a string`() throws {
        let properties = RecordProperties(contentType: "application/xml", isPayloadUTF8: true)
        let event = try event(Sample.record(1, payload: "<a/>".utf8, properties: properties))
        #expect(event["data"] == .string("<a/>"))
    }

    @Test func `deep nesting cannot make the batch unreadable`() throws {
        let deep = String(repeating: "[", count: 10_000) + String(repeating: "]", count: 10_000)
        let events = try decoded(encoded([Sample.record(1), Sample.record(2, payload: deep.utf8), Sample.record(3)]))
        #expect(events.count == 3)
    }

    @Test func `the encoder's buffer is used again for other logs without a trace of the last`() throws {
        var encoder = CloudEventsEncoder()
        let records = [Sample.record(7)]
        encoder.encode(records[...], of: Sample.batch(records))
        let other = RecordBatch(
            gateway: GatewayID("b")!, stream: StreamName("alarms")!, epoch: Epoch(rawValue: 1), records: records)
        encoder.encode(records[...], of: other)
        let event = try #require(try decoded(encoder.bytes).first)
        #expect(event["id"] == .string("b/alarms/0000000000000001/7"))
        encoder.encode(records[...], of: Sample.batch(records))
        #expect(encoder.bytes == encoded(records))
    }

    @Test func `word of a loss says what is gone`() throws {
        var encoder = CloudEventsEncoder()
        encoder.encode(Sample.loss, of: Sample.gateway)
        let event = try #require(try decoded(encoder.bytes).first)
        #expect(event["type"] == .string("io.millrace.lost"))
        #expect(event["id"] == .string("plant7-gw2/telemetry/00000100000000ab/3-9"))
        #expect(
            event["data"]
                == .object([
                    "stream": .string("telemetry"), "epoch": .string("00000100000000ab"), "first": .number(3),
                    "last": .number(9), "records": .number(7), "bytes": .number(1234),
                    "reason": .string("overwritten"), "time": .string("2026-08-23T09:14:05.123Z"),
                ]))
    }
}
