import Records
import Testing

@testable import Uplinks

@Suite struct RecordFormTests {
    private func request(_ record: Record, style: RecordForm.Style = .cloudEvents) throws -> HTTPRequest {
        var form = RecordForm(
            url: try URLTemplate("https://h/in/{topic}"), style: style, gateway: Sample.gateway,
            fields: ["x-tenant": "plant7"])
        return form.request(for: [record], of: Sample.batch([record]))
    }

    @Test func `nothing that a device says can add a header or lead to another path`() throws {
        let record = Sample.record(
            1, topic: "a\r\nx-evil: 1/../../admin?b", payload: "x".utf8,
            properties: RecordProperties(
                contentType: "text/plain\r\nx-evil: 2", userProperties: [.init(name: "n\r\n", value: "v\r\nx-evil: 3")],
                device: "d\r\nx-evil: 4"))
        for style in [RecordForm.Style.cloudEvents, .solace] {
            let request = try request(record, style: style)
            #expect(request.url.path == "/in/a%0D%0Ax-evil%3A%201/_/_/admin%3Fb" && request.url.query == nil)
            for field in request.fields.all {
                #expect(field.value.utf8.allSatisfy { (0x20...0x7E).contains($0) }, "\(field)")
            }
            #expect(request.fields["x-evil"] == nil && request.fields["x-tenant"] == "plant7")
        }
    }

    @Test func `the type of a payload is the sender's, or else what the payload is`() throws {
        func type(_ payload: [UInt8], _ properties: RecordProperties? = nil) throws -> String? {
            try request(Sample.record(1, payload: payload, properties: properties)).fields["content-type"]
        }
        #expect(try type(Array("{\"a\":1}".utf8)) == "application/json")
        #expect(try type(Array("21,5 \u{B0}C".utf8)) == "text/plain; charset=utf-8")
        #expect(try type([0xFF]) == "application/octet-stream")
        #expect(try type([1], RecordProperties(contentType: "application/cbor")) == "application/cbor")
        #expect(try type([1], RecordProperties(contentType: "")) != "")
    }

    @Test(arguments: [414, 431])
    func `a url or fields that are too long are the record's fault`(status: Int) throws {
        let form = RecordForm(url: try URLTemplate("https://h"), gateway: Sample.gateway)
        guard case .refused = form.verdict(on: HTTPResponse(status: status), recordCount: 1) else {
            Issue.record("\(status) must refuse the record")
            return
        }
    }
}
