import Records
import Testing

@testable import Uplinks

@Suite struct LineProtocolEncoderTests {
    private func encoded(_ record: Record) -> String {
        var encoder = LineProtocolEncoder()
        encoder.encode([record], of: Sample.batch([record]))
        return String(decoding: encoder.bytes, as: UTF8.self)
    }

    private static let tags = "readings,device=t1,gateway=plant7-gw2,stream=telemetry,topic=sensors/hall3/t1 "
    private static let identity = "epoch=\"00000100000000ab\",sequence=42i"

    @Test func `values are fields, and the time ends in the sequence`() {
        let payload = "{\"celsius\": 21, \"ok\": true, \"state\": \"a \\\"b\\\\\", \"none\": null}"
        #expect(
            encoded(Sample.record(42, payload: payload.utf8)) == Self.tags
                + "celsius=21,ok=true,state=\"a \\\"b\\\\\",\(Self.identity) 1787476445123000042\n")
    }

    @Test func `names and tags are escaped, and none is one of ours`() {
        let payload = "{\"a b,c=d\":1,\"_x\":2,\"time\":3,\"sequence\":4,\"e\\\\f\\n\":5,\"\":6}"
        let record = Sample.record(42, topic: "h 3,x=y\\", payload: payload.utf8)
        #expect(
            encoded(record)
                == "readings,device=h\\ 3\\,x\\=y_,gateway=plant7-gw2,stream=telemetry,topic=h\\ 3\\,x\\=y_ "
                + "a\\ b\\,c\\=d=1,x_x=2,original-time=3,original-sequence=4,e_f_=5,value=6,"
                + "\(Self.identity) 1787476445123000042\n")
    }

    @Test func `each time, and each name that comes again, gets a line`() {
        let pack = """
            [{"bt":1787476445,"n":"a","v":1},{"n":"b","v":2},{"n":"a","v":3},{"n":"a","v":4,"t":0.000001}]
            """
        let record = Sample.record(
            42, topic: "t", payload: pack.utf8, properties: RecordProperties(contentType: "application/senml+json"))
        let tags = "readings,device=t,gateway=plant7-gw2,stream=telemetry,topic=t "
        #expect(
            encoded(record) == tags + "a=1,b=2,\(Self.identity) 1787476445000000042\n" + tags
                + "a=3,\(Self.identity) 1787476445000000042\n" + tags + "a=4,\(Self.identity) 1787476445000001042\n")
    }

    @Test func `a payload without values is a text or Base64, on one line`() {
        let text = Sample.record(42, payload: "a\r\nb\u{7}".utf8, time: Sample.time(.unsynchronised), isRetained: true)
        #expect(
            encoded(text) == Self.tags + "text=\"a\\\\r\\\\nb_\",\(Self.identity),timequality=\"unsynchronised\","
                + "bootid=\"0123456789abcdeffedcba9876543210\",boottime=4000i,retained=true 1787476445123000042\n")
        #expect(encoded(Sample.record(42, payload: [0xFF])).contains(" base64=\"/w==\","))
        #expect(encoded(Sample.record(42, topic: "", payload: "{}".utf8)).contains("stream=telemetry text=\"{}\","))
    }

    @Test func `two records of one millisecond are two points, and one that is sent twice is one`() {
        let lines = (0..<3).map { encoded(Sample.record(7 + 1_000_000 * $0, payload: "1".utf8)) }
        #expect(lines.allSatisfy { $0.hasSuffix(" 1787476445123000007\n") })
        #expect(encoded(Sample.record(8, payload: "1".utf8)).hasSuffix(" 1787476445123000008\n"))
        let far = Sample.record(
            8, payload: "1".utf8,
            time: RecordTime(
                wallMilliseconds: .max, quality: .synchronised, boot: Sample.boot, bootMilliseconds: 0))
        #expect(encoded(far).hasSuffix(" 9223372036853000008\n"))
    }

    @Test func `word of a loss is a point of its own measurement`() {
        var encoder = LineProtocolEncoder(measurement: "plant 7")
        encoder.encode(Sample.loss, of: Sample.gateway)
        #expect(
            String(decoding: encoder.bytes, as: UTF8.self)
                == "plant\\ 7_lost,gateway=plant7-gw2,stream=telemetry epoch=\"00000100000000ab\",first=3i,last=9i,"
                + "records=7i,bytes=1234i,reason=\"overwritten\" 1787476445123000003\n")
    }
}
