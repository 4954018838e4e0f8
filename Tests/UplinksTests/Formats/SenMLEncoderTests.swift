import Records
import Testing

@testable import Uplinks

@Suite struct SenMLEncoderTests {
    private func encoded(_ records: [Record], delivery: RecordBatch.Delivery = .live) -> String {
        var encoder = BatchFormat.senml.makeEncoder()
        var batch = Sample.batch(records)
        batch.delivery = delivery
        encoder.encode(records[...], of: batch)
        return String(decoding: encoder.bytes, as: UTF8.self)
    }

    private func cbor(_ records: [Record]) -> [UInt8] {
        var encoder = BatchFormat.senmlCBOR.makeEncoder()
        encoder.encode(records[...], of: Sample.batch(records))
        return encoder.bytes
    }

    private static let log = "\"gateway\":\"plant7-gw2\",\"stream\":\"telemetry\",\"epoch\":\"00000100000000ab\""

    private func senml(_ sequence: UInt64, _ payload: String, device: String? = nil) -> Record {
        Sample.record(
            sequence, topic: "serial/bus1", payload: payload.utf8,
            properties: RecordProperties(contentType: "application/senml+json", device: device))
    }

    @Test func `base name and base time stand where they change`() {
        var later = Sample.record(44, topic: "hall3/t2", payload: "7".utf8)
        later.time.wallMilliseconds += 77
        let records = [
            Sample.record(42, topic: "hall3/t1", payload: "{\"celsius\": 21.5, \"ok\": true}".utf8),
            Sample.record(43, topic: "hall3/t1", payload: "{\"celsius\": 21.50, \"state\": \"\\u0061\"}".utf8), later,
        ]
        #expect(
            encoded(records) == """
                [{"bn":"plant7-gw2/hall3/t1/","bt":1787476445.123,\(Self.log),"sequence":42,"n":"celsius","v":21.5},\
                {"n":"ok","vb":true},{"sequence":43,"n":"celsius","v":21.50},{"n":"state","vs":"\\u0061"},\
                {"bn":"plant7-gw2/hall3/t2","bt":1787476445.2,"sequence":44,"v":7}]
                """)
    }

    @Test func `a pack of our own serial readings keeps its names, units and times`() {
        let pack = """
            [{"bn":"plant7-gw2/bus1-7/","bt":1787476445.123,"n":"temperature","u":"K","v":294.6},\
            {"n":"humidity","u":"%RH","v":40,"t":-0.5}]
            """
        #expect(
            encoded([senml(1, pack, device: "bus1-7")]) == """
                [{"bn":"plant7-gw2/bus1-7/","bt":1787476445.123,\(Self.log),"sequence":1,"topic":"serial/bus1",\
                "n":"temperature","u":"K","v":294.6},{"n":"humidity","u":"%RH","v":40,"t":-0.5}]
                """)
    }

    @Test func `a pack without a name of its own gets the device or the topic, and base values are added up`() {
        let pack = "[{\"bu\":\"W\",\"bv\":100,\"n\":\"a\",\"v\":1},{\"n\":\"b\"},{\"n\":\"c\",\"v\":-100,\"t\":-10}]"
        #expect(
            encoded([senml(1, pack)]) == """
                [{"bn":"plant7-gw2/serial/bus1/","bt":1787476445.123,\(Self.log),"sequence":1,"n":"a","u":"W","v":101},\
                {"n":"b","u":"W","v":100},{"n":"c","u":"W","v":0,"t":-10}]
                """)
    }

    @Test(arguments: [
        "[{\"n\":\"a\",\"s\":1}]", "[{\"n\":\"a\",\"v\":1,\"must_\":1}]", "[{\"bver\":11,\"n\":\"a\",\"v\":1}]", "[]",
        "[{\"n\":\"a\",\"v\":1,\"vs\":\"x\"}]", "[{\"n\":\"a\",\"v\":\"1\"}]", "{\"n\":1}", "[{\"n\":\"a\"}]",
        "[{\"n\":\"a\",\"vd\":\"*\"}]", "[{\"n\":\"a\",\"v\":1,\"bt\":1e300}]",
        "[{\"bv\":1e308,\"n\":\"a\",\"v\":1e308}]",
    ])
    func `a pack that is not to be taken apart goes as a whole`(pack: String) {
        let text = pack.replacing("\"", with: "\\\"")
        #expect(
            encoded([senml(1, pack)]) == """
                [{"bn":"plant7-gw2/serial/bus1","bt":1787476445.123,\(Self.log),"sequence":1,"vs":"\(text)"}]
                """)
    }

    @Test func `fields that nobody has to understand are left out`() {
        let pack = "[{\"n\":\"a\",\"x\":{\"y\":[1]},\"vd\":\"-_8\",\"z\":null}]"
        #expect(encoded([senml(1, pack)]).hasSuffix("\"sequence\":1,\"n\":\"a\",\"vd\":\"-_8\"}]"))
    }

    @Test func `a JSON array that nobody calls SenML is SenML where it has its members and no others`() {
        let pack = Sample.record(1, topic: "t", payload: "[{\"bn\":\"urn:dev:x:\",\"n\":\"a\",\"v\":1}]".utf8)
        #expect(encoded([pack]).contains("\"bn\":\"urn:dev:x:\""))
        let other = Sample.record(1, topic: "t", payload: "[{\"n\":\"a\",\"v\":1,\"w\":2}]".utf8)
        #expect(
            encoded([other]).contains("\"n\":\"0/n\",\"vs\":\"a\"},{\"n\":\"0/v\",\"v\":1},{\"n\":\"0/w\",\"v\":2}"))
    }

    @Test func `a clock in 1970 gives no time, and says why`() {
        let time = RecordTime(
            wallMilliseconds: 60_000, quality: .unsynchronised, boot: Sample.boot, bootMilliseconds: 4000)
        let records = [
            Sample.record(1, topic: "t", payload: "1".utf8),
            Sample.record(2, topic: "t", payload: "2".utf8, time: time),
            Sample.record(3, topic: "t", payload: "3".utf8, time: Sample.time(.corrected), isRetained: true),
        ]
        #expect(
            encoded(records, delivery: .historical) == """
                [{"bn":"plant7-gw2/t","bt":1787476445.123,\(Self.log),"historical":true,"sequence":1,"v":1},\
                {"bt":0,"sequence":2,"timequality":"unsynchronised","bootid":"0123456789abcdeffedcba9876543210",\
                "boottime":4000,"v":2},\
                {"bt":1787476445.123,"sequence":3,"retained":true,"timequality":"corrected","v":3}]
                """)
    }

    @Test func `names have SenML's characters, and the topic stands beside one that was changed`() {
        let record = Sample.record(1, topic: "h\u{e4}lle 3/t1", payload: "{\"\\u00b0C#\":1,\"\":2}".utf8)
        #expect(
            encoded([record]).hasSuffix(
                "\"sequence\":1,\"topic\":\"hälle 3/t1\",\"n\":\"_C_\",\"v\":1},{\"bn\":\"plant7-gw2/h_lle_3/t1\","
                    + "\"v\":2}]"))
    }

    @Test func `bytes and texts go as they are`() {
        let bytes = Sample.record(
            1, topic: "t", payload: [0xFB, 0xFF, 0xFE, 0x00],
            properties: RecordProperties(contentType: "application/x-own"))
        #expect(encoded([bytes]).hasSuffix("\"sequence\":1,\"ct\":\"application/x-own\",\"vd\":\"-__-AA\"}]"))
        let text = Sample.record(1, topic: "t", payload: "warm \"\n".utf8)
        #expect(encoded([text]).hasSuffix("\"sequence\":1,\"vs\":\"warm \\\"\\n\"}]"))
        let huge = Sample.record(1, topic: "t", payload: "1e400".utf8)
        #expect(encoded([huge]).hasSuffix("\"sequence\":1,\"vs\":\"1e400\"}]"))
    }

    @Test func `CBOR says the same in fewer bytes`() {
        let records = [
            Sample.record(42, topic: "t", payload: "{\"a\": 21.5, \"b\": -2, \"c\": \"x\", \"d\": 0.1}".utf8)
        ]
        let time = [0xFB, 0x41, 0xDA, 0xA2, 0xAE, 0x77, 0x47, 0xDF, 0x3B] as [UInt8]
        var expected: [UInt8] = [0x84, 0xA8, 0x21, 0x6D] + Array("plant7-gw2/t/".utf8) + [0x22] + time
        for (name, value) in [("gateway", "plant7-gw2"), ("stream", "telemetry"), ("epoch", "00000100000000ab")] {
            expected += [0x60 + UInt8(name.utf8.count)] + Array(name.utf8)
            expected += [0x60 + UInt8(value.utf8.count)] + Array(value.utf8)
        }
        expected += [0x68] + Array("sequence".utf8) + [0x18, 42, 0x00, 0x61, 0x61, 0x02, 0xF9, 0x4D, 0x60]
        expected += [0xA2, 0x00, 0x61, 0x62, 0x02, 0x21, 0xA2, 0x00, 0x61, 0x63, 0x03, 0x61, 0x78]
        expected += [0xA2, 0x00, 0x61, 0x64, 0x02, 0xFB, 0x3F, 0xB9, 0x99, 0x99, 0x99, 0x99, 0x99, 0x9A]
        #expect(cbor(records) == expected)
    }

    @Test func `word of a loss is two readings with the identity of what is gone`() {
        var encoder = BatchFormat.senml.makeEncoder()
        encoder.encode(Sample.loss, of: Sample.gateway)
        #expect(
            String(decoding: encoder.bytes, as: UTF8.self) == """
                [{"bn":"plant7-gw2/millrace/lost/telemetry/","bt":1787476445.123,\(Self.log),"first":3,"last":9,\
                "reason":"overwritten","n":"records","v":7},{"n":"bytes","u":"B","v":1234}]
                """)
    }
}
