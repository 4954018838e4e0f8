import AgentTestKit
import Glibc
import LogStore
import Logging
import MQTTTransport
import Records
import Synchronization
import Testing
import Threads
import Uplinks

@testable import Agent

/// What an MQTT source does with messages, without a broker: the inlet that its thread feeds.
struct InletTests {
    private struct Fixture {
        let folder: AgentTestKit.TemporaryFolder
        let log: RingLog
        let recorder: Recorder
        let inlet: MQTTSource.Inlet

        init(_ topics: String = "[\"#\"]", options: String = "") throws {
            folder = try AgentTestKit.TemporaryFolder("inlet", isInMemory: true)
            let configuration = try ConfigurationText().read(
                """
                gateway.id = "gw"
                log.path = "\(folder.file("log"))"
                [streams.alarms]
                [mqtt.floor]
                url = "mqtt://127.0.0.1"
                topics = \(topics)
                \(options)
                """)
            log = try RingLog(configuration.logSettings, clock: ManualClock())
            recorder = Recorder(
                log: log, streams: configuration.streams.map(\.name), clock: ManualClock(),
                linger: .milliseconds(5), logger: .silent, heartbeat: {})
            inlet = MQTTSource.Inlet(
                configuration.mqttSources[0], gateway: configuration.gateway, recorder: recorder,
                clock: ManualClock(), logger: .silent)
        }

        func receive(_ topic: String, size: Int = 10, properties: MQTTProperties? = nil) {
            let (topic, payload) = (Array(topic.utf8), [UInt8](repeating: 1, count: size))
            let details = MQTTMessageDetails(qos: 1, isRetained: false, isDuplicate: false, properties: properties)
            inlet.receive(topic: topic.span.bytes, payload: payload.span.bytes, details: details)
        }

        func commit() async -> Bool {
            await withCheckedContinuation { continuation in
                let inlet = inlet
                _ = OwnThread.start(named: "source") { continuation.resume(returning: inlet.commit()) }
            }
        }

        func held(_ stream: StreamName) -> UInt64 { log.statistics().streams[stream]?.held ?? 0 }
        var counters: SourceCounters { inlet.shared.withLock(\.counters) }
    }

    @Test func `a payload over the limit is refused, counted, acknowledged, and stops nothing`() async throws {
        let fixture = try Fixture(options: "payload_max = \"1KiB\"")
        try await running([fixture.recorder]) {
            fixture.receive("a", size: 1024)
            fixture.receive("a", size: 1025)
            fixture.receive("a", size: 1)
            #expect(await fixture.commit())
            #expect(fixture.held(.telemetry) == 2)
            #expect(fixture.counters.refused == 1 && fixture.counters.received == 2)
            // Alone it has nothing to commit, and must be acknowledged too, or it would come for ever.
            fixture.receive("a", size: 1025)
            #expect(await fixture.commit())
        }
    }

    @Test func `what has passed this gateway is dropped and counted, and what passed another is not`() async throws {
        let fixture = try Fixture()
        func properties(_ origin: String) -> MQTTProperties {
            var properties = MQTTProperties()
            properties.userProperties = [.init(name: LoopGuard.propertyName, value: origin)]
            return properties
        }
        try await running([fixture.recorder]) {
            fixture.receive("a", properties: properties("gw"))
            fixture.receive("a", properties: properties("another"))
            #expect(await fixture.commit())
            #expect(fixture.held(.telemetry) == 1)
            #expect(fixture.counters.looped == 1)
        }
    }

    @Test func `the first filter that covers a topic says where it goes`() async throws {
        let fixture = try Fixture("[{ filter = \"alarms/#\", stream = \"alarms\" }, \"#\"]")
        try await running([fixture.recorder]) {
            for topic in ["alarms", "alarms/fire", "alarm", "x/alarms"] { fixture.receive(topic) }
            #expect(await fixture.commit())
            #expect(fixture.held(StreamName("alarms")!) == 2)
            #expect(fixture.held(.telemetry) == 2)
        }
    }

    @Test func `a burst too large for memory fails as a whole, so that the broker sends it again`() async throws {
        let fixture = try Fixture()
        try await running([fixture.recorder]) {
            for _ in 0...Limits.uncommittedSizeMax / Limits.payloadSizeMax {
                fixture.receive("a", size: Limits.payloadSizeMax)
            }
            #expect(await fixture.commit() == false)
            #expect(fixture.counters.commitFailures == 1)
            fixture.receive("a", size: 1)
            #expect(await fixture.commit())
        }
    }
}
