import MQTTTransport
import Records
import Simulation
import StrictTOML
import Testing
import Uplinks

@testable import Agent

/// Presets of brokers, births and wills: what their keys make, and what is found wrong before anything connects.
@Suite struct MQTTPresetTests {
    private let text: ConfigurationText

    init() throws {
        text = try ConfigurationText()
        let pem = "-----BEGIN CERTIFICATE-----\n-----BEGIN PRIVATE KEY-----\n"
        try text.folder.write("gw.pem", pem)
        try text.folder.write("gw.key", pem, mode: 0o600)
        try text.folder.write("secret", "s3cret\n", mode: 0o600)
    }

    private static let certificate = "tls = { certificate = \"gw.pem\", key = \"gw.key\" }"
    private static let password = "username = \"gw\"\npassword_file = \"secret\""

    private func document(_ keys: String) -> String {
        """
        [gateway]
        id = "gw2"
        [mqtt.in]
        url = "mqtt://127.0.0.1"
        topics = ["a/#"]
        [uplinks.up]
        \(keys)
        """
    }

    private func uplink(_ keys: String) throws -> UplinkConfiguration {
        try #require(try text.read(document(keys)).uplinks.first)
    }

    private func destination(_ keys: String) throws -> MQTTDestination {
        try #require(try uplink(keys).destination.mqtt)
    }

    private func issues(_ keys: String) -> [String] { text.problems(document(keys)) }

    @Test func `AWS IoT Core needs its endpoint and the thing's certificate, and the rest is known`() throws {
        let keys = "preset = \"aws-iot\"\nurl = \"mqtts://a1-ats.iot.eu-central-1.amazonaws.com\"\n\(Self.certificate)"
        let uplink = try uplink(keys)
        let destination = try #require(uplink.destination.mqtt)
        #expect(uplink.link.limits.messages == 100)
        #expect(uplink.link.limits.bytes == 512 << 10)
        let configuration = destination.mqttConfiguration(of: uplink)
        #expect(configuration.port == 8883)
        #expect(configuration.publishSizeMax == 128 << 10)
        #expect(configuration.applicationProtocol == nil)
        #expect(destination.topicLimits.levelsMax == 8)
        let behindFirewall = keys.replacing("amazonaws.com", with: "amazonaws.com:443")
        let alpn = try self.destination(behindFirewall)
        #expect(alpn.mqttConfiguration(of: uplink).applicationProtocol == "x-amzn-mqtt-ca")
        let authorizer = try self.destination(
            behindFirewall.replacing(Self.certificate, with: Self.password))
        #expect(authorizer.mqttConfiguration(of: uplink).applicationProtocol == "mqtt")
    }

    @Test func `a quota that was raised is said by limit`() throws {
        let keys = """
            preset = "aws-iot"
            url = "mqtts://a1-ats.iot.eu-central-1.amazonaws.com"
            limit = { messages_per_second = 500, backlog_bytes_per_second = "1MiB" }
            \(Self.certificate)
            """
        let limits = try uplink(keys).link.limits
        #expect(limits.messages == 500)
        #expect(limits.bytes == 1 << 20)
        #expect(limits.backlogBytes == 1 << 20)
    }

    @Test(arguments: MQTTDestination.Preset.allCases)
    func `each preset is complete with what its portal shows`(preset: MQTTDestination.Preset) throws {
        let login = preset == .awsIoT || preset == .eventGrid ? Self.certificate : Self.password
        let keys = "preset = \"\(preset.rawValue)\"\nurl = \"mqtts://broker.example\"\n\(login)"
        let destination = try destination(keys)
        #expect(destination.preset == preset)
        #expect(destination.broker.tls != nil)
        #expect(try text.read(document(keys)).pipelineDescription().contains(", \(preset.rawValue)"))
        let anonymous = issues("preset = \"\(preset.rawValue)\"\nurl = \"mqtts://broker.example\"")
        #expect(anonymous.count == 1)
        #expect(anonymous.first?.contains("uplinks.up.preset: ") == true, "\(anonymous)")
    }

    @Test func `what a service refuses is found at the start`() throws {
        let aws = "preset = \"aws-iot\"\n\(Self.certificate)\nurl = \"mqtts://h\"\n"
        func only(_ keys: String, _ part: String, line: Int = #line) {
            let issues = issues(keys)
            #expect(issues.count == 1 && issues[0].contains(part), "line \(line): \(issues)")
        }
        only(
            aws.replacing("mqtts", with: "mqtt").replacing(Self.certificate, with: Self.password),
            "needs TLS; write mqtts://")
        only(aws + "topic = \"1/2/3/4/5/6/7/8/{topic}\"", "more than the 8 levels")
        only(aws + "topic = \"\(String(repeating: "x", count: 257))\"", "more than the 256 bytes")
        only(aws + "client_id = \"\(String(repeating: "x", count: 129))\"", "has 129 bytes; aws-iot takes 128")
        only(aws + "will = { topic = \"1/2/3/4/5/6/7/8/9\" }", "uplinks.up.will: ")
        only(
            "preset = \"event-grid\"\n\(Self.password)\nurl = \"mqtts://h\"",
            "Event Grid needs the client's tls.certificate and tls.key")
        only("preset = \"aws\"\nurl = \"mqtts://h\"", "\"aws-iot\"")
        #expect(try destination(aws + "topic = \"$aws/rules/r/1/2/3/4/5/6/7/{topic}\"").topicLimits.levelsMax == 8)
    }

    @Test func `a birth takes the will's topic, is kept by the broker, and says online`() throws {
        func said(_ message: MQTTMessage?) -> String? {
            message.map { "\($0.topic) \(String(decoding: $0.payload, as: UTF8.self)) \($0.isRetained)" }
        }
        let destination = try destination(
            """
            url = "mqtt://h"
            birth = {}
            will = { topic = "s/{gateway}", payload = "gone", retain = true, delay = "2m" }
            """)
        #expect(said(destination.birth) == "s/gw2 online true")
        #expect(said(destination.farewell) == "s/gw2 gone true")
        #expect(destination.broker.will?.delay == .seconds(120))
        let pipeline = try text.read(
            document(
                "url = \"mqtt://h\"\nbirth = {}\nwill = { topic = \"s/{gateway}\", delay = \"2m\" }")
        ).pipelineDescription()
        #expect(pipeline.contains("    birth on s/gw2, will on s/gw2 after 2m\n") || pipeline.hasSuffix("after 2m"))
        let other = try self.destination(
            """
            url = "mqtt://h"
            birth = { topic = "b/{gateway}", payload = "here", retain = false }
            will = { topic = "w" }
            """)
        #expect(said(other.birth) == "b/gw2 here false")
        #expect(said(other.farewell) == "w  false")
        #expect(other.broker.will?.delay == .seconds(30))
    }

    @Test func `a birth without a will is noted, and one without a topic, or for Sparkplug, is wrong`() throws {
        let notes = try text.read(document("url = \"mqtt://h\"\nbirth = { topic = \"b\" }")).notes.map(\.message)
        #expect(notes == ["nothing says when the gateway is gone; set \"will\" as well"])
        #expect(issues("url = \"mqtt://h\"\nbirth = {}").contains { $0.contains("topic") })
        #expect(issues("url = \"mqtt://h\"\nbirth = { topic = \"a/#\" }").contains { $0.contains("wildcard") })
        #expect(issues("url = \"mqtt://h\"\nbirth = { topic = \"a\", payload = \"\" }").count == 1)
        let sparkplug = "url = \"mqtt://h\"\nformat = \"sparkplug-b\"\ngroup = \"g\"\nbirth = { topic = \"a\" }"
        #expect(issues(sparkplug).contains { $0.contains("birth: Sparkplug has topics") })
        let version = "url = \"mqtt://h\"\nversion = \"3.1.1\"\nwill = { topic = \"a\", delay = \"1s\" }"
        #expect(
            try text.read(document(version)).notes.map(\.message).contains { $0.contains("no effect in MQTT 3.1.1") })
    }
}
