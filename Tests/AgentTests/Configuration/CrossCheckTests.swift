import StrictTOML
import Testing

@testable import Agent

/// What the parts of a configuration say of each other.
@Suite struct CrossCheckTests {
    private let text: ConfigurationText

    init() throws { text = try ConfigurationText() }

    @Test func `one name for two sources is refused`() {
        #expect(
            text.problems("[mqtt.air]\nurl = \"mqtt://h\"\ntopics = [\"a\"]\n[serial.air]\nport = \"/dev/none\"\n") == [
                "millrace.toml:4: serial.air: the name is already taken by [mqtt.air] (line 1); choose another"
            ])
    }

    @Test(arguments: [
        ("/dev/none", "/dev/none", ""), ("/dev/null", "/dev/../dev/null", ""),
        ("usb:1a86:7523", "usb:1A86:7523", "usb"), ("usb:1a86:7523:A", "usb:1a86:7523", "usb"),
        ("usb:1a86:7523:A", "usb:1a86:7523:A", "usb"),
    ])
    func `two sources on one port are refused`(first: String, second: String, kind: String) {
        let advice = "; tell two adapters apart by serial number, usb:VENDOR:PRODUCT:SERIAL, or by /dev/serial/by-path"
        let name = second.replacing("1A86", with: "1a86")
        #expect(
            text.problems("[serial.a]\nport = \"\(first)\"\n[serial.b]\nport = \"\(second)\"\n") == [
                "millrace.toml:4: serial.b.port: \"\(name)\" is already used by [serial.a] (line 2)"
                    + (kind == "usb" ? advice : "")
            ])
    }

    @Test(arguments: [("usb:1a86:7523:A", "usb:1a86:7523:B"), ("usb:1a86:7523", "usb:0403:6001"), ("/dev/a", "/dev/b")])
    func `two sources on two ports are accepted`(first: String, second: String) {
        #expect(text.problems("[serial.a]\nport = \"\(first)\"\n[serial.b]\nport = \"\(second)\"\n") == [])
    }

    @Test func `one client id twice on one broker is refused`() {
        let configuration = """
            [gateway]
            id = "gw"
            [mqtt.a]
            url = "mqtt://localhost:1883"
            client_id = "x"
            topics = ["a"]
            [mqtt.b]
            url = "mqtt://127.0.0.1"
            client_id = "x"
            topics = ["a"]
            [mqtt.c]
            url = "mqtt://other.example"
            client_id = "x"
            topics = ["a"]
            [uplinks.c]
            url = "mqtt://other.example"
            topic = "up"
            client_id = "millrace-gw-c"
            [uplinks.d]
            url = "mqtt://OTHER.example."
            topic = "up"
            client_id = "x"
            """
        let advice = "which would throw each of the two out in turn; set another client_id"
        #expect(
            text.problems(configuration) == [
                "millrace.toml:9: mqtt.b.client_id: \"x\" is also the client id of [mqtt.a] (line 3) on the same "
                    + "broker, " + advice,
                "millrace.toml:22: uplinks.d.client_id: \"x\" is also the client id of [mqtt.c] (line 11) on the same "
                    + "broker, " + advice,
            ])
    }

    private func loop(_ source: String, filter: String, _ uplink: String, template: String) -> [String] {
        text.problems(
            """
            [gateway]
            id = "gw"
            [mqtt.in]
            url = "mqtt://\(source)"
            topics = ["harmless/and/deep", "\(filter)"]
            [uplinks.out]
            url = "mqtt://\(uplink)"
            topic = "\(template)"
            """)
    }

    @Test func `a configuration that would feed itself is refused, with filter and template`() {
        #expect(
            loop("localhost", filter: "#", "127.0.0.1:1883", template: "gateways/{gateway}/{topic}") == [
                "millrace.toml:8: uplinks.out.topic: records would go round in a circle: the template "
                    + "\"gateways/{gateway}/{topic}\" publishes to 127.0.0.1:1883, where the filter \"#\" of [mqtt.in] "
                    + "(line 5) takes them in again; narrow the filter, change the template, or give what comes in a "
                    + "stream that this uplink does not forward"
            ])
        let standard = text.problems(
            "[mqtt.in]\nurl = \"mqtt://h\"\ntopics = [\"#\"]\n[uplinks.out]\nurl = \"mqtt://h\"\n")
        #expect(standard.count == 1)
        #expect(standard.first?.hasPrefix("millrace.toml:4: uplinks.out.topic: records would go round") == true)
    }

    @Test(arguments: [
        ("h", "h:1883"), ("H", "h."), ("localhost", "[::1]"), ("127.0.0.1", "127.1.2.3"), ("[::1]", "127.0.0.1"),
        ("[2001:db8::1]", "[2001:DB8:0:0::1]"), ("[::ffff:10.0.0.1]", "10.0.0.1"), ("0.0.0.0", "localhost"),
    ])
    func `one broker under two names is still one broker`(first: String, second: String) {
        #expect(loop(first, filter: "#", second, template: "x").count == 1)
    }

    @Test(arguments: [("h", "h:1884"), ("h", "i"), ("10.0.0.1", "10.0.0.2"), ("[2001:db8::1]", "[2001:db8::2]")])
    func `two brokers are two`(first: String, second: String) {
        #expect(loop(first, filter: "#", second, template: "x") == [])
    }

    @Test(arguments: [
        ("sensors/#", "{topic}"), ("sensors/#", "sensors/{device}"), ("sensors/#", "sensors"),
        ("a/+/c", "a/{stream}/c"),
        ("a/b", "{topic}"), ("a/b", "{stream}/{device}"), ("+/x", "{gateway}/x"),
        ("gw/x", "{gateway}/x"), ("#", "a/{topic}/b"), ("a/#", "a/{topic}"), ("+/#", "a/{topic}/b"),
        ("$share/g/a/#", "a/{topic}"), ("a/b", "a/x{device}"), ("a/y/b", "a/x{topic}"), ("/#", "/a"), ("$x/#", "$x/y"),
    ])
    func `a template that could meet a filter does`(filter: String, template: String) {
        #expect(loop("h", filter: filter, "h", template: template).count == 1)
    }

    @Test(arguments: [
        ("sensors/#", "gateways/{gateway}/{topic}"), ("a/+", "a/b/{topic}"), ("a/+/c", "a/{stream}/d"),
        ("a", "a/{topic}"),
        ("a/b", "a"), ("+", "a/{topic}"), ("gw2/x", "{gateway}/x"), ("a/b", "{stream}"), ("a/b", "a/{topic}/c"),
        ("#", "$aws/{topic}"), ("+/x", "$aws/x"), ("a", "/a"),
        // What comes in by the filter is longer when it goes out, and does not fit any more.
        ("a/b/c", "a/{topic}"), ("+/+/b", "a/{topic}/b"), ("a/+/+/b", "a/{topic}/b"),
    ])
    func `a template that cannot meet a filter does not`(filter: String, template: String) {
        #expect(loop("h", filter: filter, "h", template: template) == [])
    }
}
