import Records
import Testing

@testable import Uplinks

@Suite struct URLTests {
    @Test(arguments: [
        "", "centre.example", "ftp://h/", "mqtt://h", "http:/h", "http://", "https://:443/", "http://h:0/",
        "http://h:x/",
        "http://h:65536/", "http://[::1/", "http://[::1]x/", "http://user:secret@h/", "http://h/#part", "http://h/a b",
        "http://h/\u{FC}", "http://h/\"", "http://a b/", "http://h\u{0}/",
    ])
    func `what is no url is refused without repeating a secret`(text: String) {
        let error = #expect(throws: UplinkError.self) { try HTTPURL(text) }
        #expect(error?.message.contains("secret") == false)
    }

    @Test func `a url is taken apart and put together again`() throws {
        let plain = try HTTPURL("HTTP://Centre.Example")
        #expect(plain.text == "http://centre.example/" && plain.port == 80 && !plain.isEncrypted)
        let full = try HTTPURL("https://[::1]:8443/a/b%20c?x=1&y=?")
        #expect(full.text == "https://[::1]:8443/a/b%20c?x=1&y=?")
        #expect(full.host == "::1" && full.authority == "[::1]:8443" && full.query == "x=1&y=?")
        #expect("\(full)" == "https://[::1]:8443")
    }

    @Test func `placeholders are filled in so that they cannot lead elsewhere`() throws {
        let template = try URLTemplate("https://h/in/{stream}/{topic}/x?d={device}&g={gateway}")
        func text(_ topic: String) -> String {
            template.url(for: Sample.record(1, topic: topic), gateway: Sample.gateway, stream: .telemetry).text
        }
        #expect(text("hall 3/t1") == "https://h/in/telemetry/hall%203/t1/x?d=t1&g=plant7-gw2")
        #expect(text("../../admin") == "https://h/in/telemetry/_/_/admin/x?d=admin&g=plant7-gw2")
        #expect(text("a?b#c&d%2e") == "https://h/in/telemetry/a%3Fb%23c%26d%252e/x?d=a%3Fb%23c%26d%252e&g=plant7-gw2")
        let loss = template.url(for: nil, gateway: Sample.gateway, stream: .telemetry)
        #expect(loss.path == "/in/telemetry/millrace/lost/x")
    }

    @Test(arguments: ["https://{topic}/", "https://h/{nothing}", "https://h/{topic", "https://h:{device}/"])
    func `a template that cannot give a url is refused`(text: String) {
        #expect(throws: UplinkError.self) { try URLTemplate(text) }
    }
}
