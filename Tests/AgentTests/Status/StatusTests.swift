import Logging
import Records
import SerialIO
import StrictTOML
import Testing

@testable import Agent

@Suite struct StatusTests {
    private func status(_ change: (inout AgentStatus) -> Void) throws -> AgentStatus {
        let reading = ClockReading(
            boot: BootID(high: 1, low: 2), bootMilliseconds: 100_000, wallMilliseconds: 1_700_000_000_000,
            isSynchronised: true)
        var log = LogStatus(path: "/log")
        log.lookAge = .seconds(1)
        var status = AgentStatus(
            gateway: try #require(GatewayID("g")), version: "1", uptime: .seconds(60), clock: ClockStatus(reading),
            process: ProcessStatus(), log: log)
        change(&status)
        status.problems = StatusProblem.all(in: status)
        return status
    }

    @Test func `P4 a disk that does not answer is an error, however new the rest is`() throws {
        #expect(try status { _ in }.problems == [])
        let hung = try status { $0.log.lookAge = .seconds(11) }
        #expect(!hung.isReady)
        #expect(hung.problems.map(\.part) == ["log"])
        #expect(try !status { $0.log.lookAge = nil }.isReady, "it never answered")
    }

    @Test func `an uplink without a link is a warning, and one that a person must mend is an error`() throws {
        func uplink(_ change: (inout UplinkStatus) -> Void) throws -> AgentStatus {
            let name = try #require(UplinkName("central"))
            return try status {
                var uplink = UplinkStatus(name: name, kind: "mqtt", address: "mqtt://h")
                change(&uplink)
                $0.uplinks = [uplink]
            }
        }
        let offline = try uplink { $0.problem = "connection refused" }
        #expect(offline.isReady && offline.problems.map(\.severity) == [.warning])
        let refused = try uplink {
            $0.problem = "wrong password"
            $0.isAlarm = true
        }
        #expect(!refused.isReady)
        #expect(try uplink { $0.state = .paused }.problems.map(\.text) == ["paused"])
    }

    @Test func `a port that is not there and a broker that does not answer are errors`() throws {
        let status = try status {
            $0.mqttSources = [MQTTSourceStatus(name: "floor", address: "mqtt://h:1883")]
            var source = SerialSourceStatus(name: "bus", port: "usb:1:2")
            source.lines = [
                SerialLineStatus(port: "usb:1:2", state: .absent),
                SerialLineStatus(port: "/dev/a", state: .unavailable(reason: "Permission denied")),
                SerialLineStatus(port: "/dev/b", state: .open(path: "/dev/b")),
            ]
            $0.serialSources = [source]
        }
        #expect(status.problems.map(\.part) == ["mqtt.floor", "serial.bus", "serial.bus"])
        #expect(status.problems.allSatisfy { $0.severity == .error })
    }

    @Test func `a file that was refused is a warning until one is taken, and names some of what is wrong`() throws {
        func after(_ outcome: ReloadOutcome?) throws -> AgentStatus {
            try status { status in
                status.reload = outcome.map { ReloadStatus($0, wallMilliseconds: 1_700_000_000_000) }
            }
        }
        for outcome in [nil, .unchanged, .applied(["logging.level is debug"])] as [ReloadOutcome?] {
            #expect(try after(outcome).problems == [])
        }
        let reasons = (1...100).map { "millrace.toml:\($0): unknown \"key\"" }
        let refused = try after(.refused(reasons))
        #expect(refused.isReady, "what held before still does")
        #expect(refused.problems.map(\.severity) == [.warning])
        let text = try #require(refused.problems.first?.text)
        #expect(text.hasPrefix("the file was not taken: millrace.toml:1: unknown \"key\"; "), "\(text)")
        #expect(text.contains("; and 97 more; what held before still does; mend it and `millrace reload`"), "\(text)")
        let json = refused.json()
        #expect(isJSON(json))
        let written = String(decoding: json, as: UTF8.self)
        #expect(
            written.contains("\"reload\":{\"time\":\"2023-11-14T22:13:20.000Z\",\"outcome\":\"refused\",\"lines\":["))
        #expect(written.contains("millrace.toml:50:") && !written.contains("millrace.toml:51:"), "bounded")
        #expect(String(decoding: try after(nil).json(), as: UTF8.self).contains("\"reload\":null"))
    }

    @Test func `the JSON is sound whatever names and values are`() throws {
        let odd = "a\"\\\u{1}\u{7F}é\n"
        let status = try status {
            var device = DeviceStatus(name: odd, source: "serial.b", port: odd, profile: nil, state: .alive)
            device.lastMilliseconds = 1
            device.readings = [
                ReadingStatus(Reading(name: odd, value: .text(odd), unit: odd), bootMilliseconds: 1),
                ReadingStatus(
                    Reading(name: "n", value: .number(.nan)), bootMilliseconds: 1, history: [.infinity, 1.1]),
                ReadingStatus(Reading(name: "b", value: .boolean(true)), bootMilliseconds: 1),
            ]
            $0.devices = [device]
            $0.events = [StatusEvent(wallMilliseconds: 0, level: "error", part: nil, text: odd)]
        }
        let json = status.json()
        #expect(isJSON(json))
        #expect(String(decoding: json, as: UTF8.self).contains("\"history\":[null,1.1]"))
        #expect(isJSON(status.devicesJSON()))
        #expect(isJSON(status.readinessJSON()))
    }

    @Test func `events are the last hundred lines from notice upwards, cut`() {
        let events = RecentEvents()
        var logger = Logger(label: "t") { _ in events.watching(SilentLog()) }
        logger[metadataKey: "part"] = "mqtt.a"
        for number in 0..<150 { logger.notice("\(number)") }
        logger.info("not of importance")
        logger.error("\(String(repeating: "é", count: 1000))")
        let kept = events.newestFirst
        #expect(kept.count == RecentEvents.countMax)
        #expect(kept[0].level == "error" && kept[0].text.utf8.count <= RecentEvents.textSizeMax + 3)
        #expect(kept[1].text == "149" && kept[1].part == "mqtt.a")
    }

    @Test func `earlier values of a reading are bounded and apart`() {
        let history = ReadingHistory()
        for second in 0..<2000 {
            history.note(
                [Reading(name: "a", value: .number(Double(second))), Reading(name: "t", value: .text("x"))],
                bootMilliseconds: Int64(second) * 1000)
        }
        let series = history.current
        #expect(series.map(\.name) == ["a", "t"])
        #expect(series[0].values.count == ReadingHistory.valuesMax)
        #expect(zip(series[0].values, series[0].values.dropFirst()).allSatisfy { $1 - $0 == 15 })
        #expect(series[0].lastMilliseconds == 1_999_000)
        #expect(series[1].values.isEmpty)
        for number in 0..<1000 {
            history.note([Reading(name: "invented\(number)", value: .number(1))], bootMilliseconds: 0)
        }
        #expect(history.current.count == ReadingHistory.readingsMax)
        #expect(history.current.count { !$0.values.isEmpty } <= ReadingHistory.historiesMax)
    }

    @Test func `what may be secret in a configuration is masked, and names of files are not`() throws {
        let text = """
            url = "https://me:geheim@h/p?sig=geheim&x=geheim#f"
            password = "geheim"
            password_file = "a.password"
            api_key = "geheim"
            key = "{device}"
            headers = { Any = "geheim", n = 5 }
            secrets = ["geheim", "geheim"]
            plain = [1, 2.5, true]
            [will]
            token = "geheim"
            payload = "shown"
            """
        let json = String(decoding: MaskedConfiguration.json(try TOMLDocument(text, file: "t")), as: UTF8.self)
        #expect(!json.contains("geheim"), "\(json)")
        #expect(isJSON(Array(json.utf8)))
        for shown in ["\"a.password\"", "\"{device}\"", "\"https://***@h/p?***\"", "\"shown\"", "[1,2.5,true]"] {
            #expect(json.contains(shown), "\(shown) in \(json)")
        }
        #expect(!json.contains("\"n\":5"))
    }
}

/// Takes every line and writes none.
struct SilentLog: LogHandler {
    var logLevel = Logger.Level.info
    var metadata: Logger.Metadata = [:]
    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }
    func log(event: LogEvent) {}
}

private func isJSON(_ bytes: [UInt8]) -> Bool { JSONText.isValid(bytes.span) }
