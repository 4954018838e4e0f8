import AgentTestKit
import MQTTTransport
import Records
import Testing

@testable import Uplinks

/// Against a real mosquitto, read by a host that decodes with Eclipse Tahu's definition and checks the rules.
@Suite(.enabled(if: PythonPeer.isReady, "\(PythonPeer.absence)")) struct SparkplugBrokerTests {
    /// A broker whose messages are kept, a line to it that can be cut, and a node behind that.
    private struct Plant {
        let centre: Centre
        let relay: Relay
        let uplink: SparkplugUplink
        let folder: TemporaryFolder

        init(
            primaryHost: String? = nil, version: MQTTConfiguration.ProtocolVersion = .v5,
            connectionWait: Duration = .seconds(30)
        ) async throws {
            centre = try await Centre()
            relay = try Relay(to: centre.broker.port)
            folder = try TemporaryFolder("sparkplug")
            var configuration = try SparkplugConfiguration(
                group: "plant7", node: "gw2", primaryHost: primaryHost, version: version)
            configuration.connectionWait = connectionWait
            var transport = MQTTConfiguration(host: "127.0.0.1", port: relay.port, clientID: "node")
            transport.version = version
            transport.reconnectDelayMin = .milliseconds(10)
            transport.reconnectDelayMax = .milliseconds(100)
            uplink = try SparkplugUplink(
                gateway: Sample.gateway, configuration: configuration, clock: StandingClock()
            ) { conversation in
                let publisher = try MQTTPublisher(
                    configuration: transport, conversation: conversation, onEvent: { _ in })
                try publisher.start()
                return publisher
            }
        }

        /// The node's messages, one line each, as the host reads them.
        func lines() async throws -> [String] {
            var writer = JSONWriter()
            writer.beginArray()
            for (number, message) in centre.messages.enumerated()
            where message.topic.hasPrefix("spBv1.0/plant7/") && !message.topic.contains("CMD") {
                writer.beginArray()
                writer.string(message.topic)
                writer.string("\(number)")
                writer.endArray()
                _ = try folder.write("\(number)", message.payload)
            }
            writer.endArray()
            _ = try folder.write("messages.json", writer.bytes)
            let answer = try await PythonPeer.run("sparkplug_host.py", ["read", folder.path])
            return answer.split(separator: "\n").map(String.init)
        }

        /// The lines, when there are so many of a kind.
        func lines(_ kind: String, count: Int) async throws -> [String] {
            _ = await eventually {
                centre.messages.count { $0.topic.contains("/\(kind)/") } >= count
            }
            return try await lines()
        }

        func say(_ topic: String, _ payload: [UInt8], isRetained: Bool = false) async throws {
            let configuration = MQTTConfiguration(host: "127.0.0.1", port: centre.broker.port, clientID: "host")
            let publisher = try MQTTPublisher(configuration: configuration, onEvent: { _ in })
            try publisher.start()
            _ = await publisher.waitUntilConnected()
            let report = await publisher.publish(count: 1) { _ in
                MQTTMessage(topic: topic, payload: payload[...], isRetained: isRetained)
            }
            #expect(report.confirmed == 1)
            await publisher.stop()
        }

        func stop() async throws {
            await uplink.close()
            try await centre.stop()
        }
    }

    private static let lost =
        "Millrace/Lost/Stream=null, Millrace/Lost/Epoch=null, Millrace/Lost/First=null, Millrace/Lost/Last=null, "
        + "Millrace/Lost/Records=null, Millrace/Lost/Bytes=null, Millrace/Lost/Reason=null"

    /// Received a second before the standing clock.
    private func record(_ sequence: UInt64, _ topic: String, _ payload: String, device: String? = nil) -> Record {
        var record = Sample.record(sequence, topic: topic, payload: payload.utf8)
        record.time.bootMilliseconds = 9_000
        if let device {
            record.properties = RecordProperties(contentType: "application/senml+json", device: device)
        }
        return record
    }

    @Test(arguments: [MQTTConfiguration.ProtocolVersion.v5, .v311])
    func `a host reads births, values, units and kinds`(version: MQTTConfiguration.ProtocolVersion) async throws {
        let plant = try await Plant(version: version)
        let pack =
            "[{\"bn\":\"plant7-gw2/bus1-7/\",\"n\":\"temperature\",\"u\":\"Cel\",\"v\":21.5},"
            + "{\"n\":\"on\",\"vb\":true}]"
        var old = record(4, "hall3/t1", "{\"celsius\":-3}")
        old.time.bootMilliseconds = -1000
        old.time.wallMilliseconds -= 9000
        let batch = Sample.batch([
            record(1, "hall3/t1", "{\"celsius\":21.5,\"state\":\"ok\"}"),
            record(2, "serial/bus1", pack, device: "bus1-7"),
            record(3, "hall3/t1", "{\"celsius\":22}"), old, record(5, "t", "warm"), record(6, "t", "\u{0}"),
        ])
        #expect(await plant.uplink.send(batch) == .acknowledged(through: SequenceNumber(6)))
        #expect(await plant.uplink.send(Sample.loss) == .acknowledged(through: Sample.loss.last))
        let now = Sample.milliseconds
        #expect(
            try await plant.lines("NDATA", count: 1) == [
                "NBIRTH bdSeq=0",
                "DBIRTH hall3_t1 celsius=null, state=null",
                "DDATA hall3_t1 celsius=21.5@\(now), state=\"ok\"@\(now)",
                "DBIRTH bus1-7 temperature=null Cel, on=null",
                "DDATA bus1-7 temperature=21.5@\(now), on=true@\(now)",
                "DDATA hall3_t1 celsius=22.0@\(now)",
                "DDATA hall3_t1 celsius=-3.0@\(now - 9000) historical",
                "DBIRTH t payload=null",
                "DDATA t payload=\"warm\"@\(now)",
                "DDATA t payload=\"\\u0000\"@\(now)",
                "NDATA Millrace/Lost/Stream=\"telemetry\"@\(now), Millrace/Lost/Epoch=\"00000100000000ab\"@\(now), "
                    + "Millrace/Lost/First=3@\(now), Millrace/Lost/Last=9@\(now), Millrace/Lost/Records=7@\(now), "
                    + "Millrace/Lost/Bytes=1234@\(now), Millrace/Lost/Reason=\"overwritten\"@\(now)",
            ])
        let identities = plant.centre.messages.compactMap { message in
            message.properties?.userProperties.first { $0.name == "id" }?.value
        }
        let prefix = "plant7-gw2/telemetry/00000100000000ab/"
        #expect(identities == (version == .v5 ? (1...6).map { "\(prefix)\($0)" } + ["\(prefix)3-9"] : []))
        try await plant.stop()
    }

    @Test func `a host that asks gets the births again, with the last values`() async throws {
        let plant = try await Plant()
        #expect(
            await plant.uplink.send(Sample.batch([record(1, "a", "1")])) == .acknowledged(through: SequenceNumber(1)))
        #expect(
            await plant.uplink.send(Sample.batch([record(2, "b", "2")])) == .acknowledged(through: SequenceNumber(2)))
        try await PythonPeer.run("sparkplug_host.py", ["rebirth", plant.folder.file("command")])
        try await plant.say("spBv1.0/plant7/NCMD/gw2", Array(plant.folder.read("command").utf8))
        let lines = try await plant.lines("DBIRTH", count: 4)
        #expect(lines.suffix(3) == ["NBIRTH bdSeq=0", "DBIRTH a value=1.0", "DBIRTH b value=2.0"])
        #expect(
            await plant.uplink.send(Sample.batch([record(3, "a", "3")])) == .acknowledged(through: SequenceNumber(3)))
        #expect(try await plant.lines("DDATA", count: 3).last == "DDATA a value=3.0@\(Sample.milliseconds)")
        try await plant.stop()
    }

    @Test func `a line that is cut brings the death of its birth, and another birth`() async throws {
        let plant = try await Plant()
        #expect(
            await plant.uplink.send(Sample.batch([record(1, "a", "1")])) == .acknowledged(through: SequenceNumber(1)))
        plant.relay.behaviour = .cut
        _ = try await plant.lines("NDEATH", count: 1)
        plant.relay.behaviour = .passing
        let outcome = await plant.uplink.send(Sample.batch([record(2, "a", "2")]))
        #expect(outcome == .acknowledged(through: SequenceNumber(2)))
        let lines = try await plant.lines("DDATA", count: 2)
        #expect(lines.contains("NDEATH bdSeq=0"))
        let next = try #require(lines.firstIndex(of: "NDEATH bdSeq=0")) + 1
        #expect(lines[next].hasPrefix("NBIRTH bdSeq="))
        #expect(lines[next] != "NBIRTH bdSeq=0")
        #expect(lines.suffix(2) == ["DBIRTH a value=1.0", "DDATA a value=2.0@\(Sample.milliseconds)"])
        await plant.uplink.close()
        let last = try await plant.lines("NDEATH", count: 2)
        #expect(last.last == lines[next].replacing("NBIRTH", with: "NDEATH"))
        try await plant.centre.stop()
    }

    @Test func `while the primary host is offline everything stays in the log`() async throws {
        let plant = try await Plant(primaryHost: "scada", connectionWait: .milliseconds(100))
        let batch = Sample.batch([record(1, "a", "1")])
        func isHeldBack() async -> Bool {
            if case .retry(nil, _, false) = await plant.uplink.send(batch) { true } else { false }
        }
        #expect(await isHeldBack())
        #expect(await plant.uplink.send(Sample.loss) != .acknowledged(through: Sample.loss.last))
        #expect(plant.centre.messages.isEmpty)

        func state(_ isOnline: Bool, _ time: Int) async throws {
            let text = "{\"online\":\(isOnline),\"timestamp\":\(time)}"
            try await plant.say("spBv1.0/STATE/scada", Array(text.utf8), isRetained: true)
        }
        try await state(true, 1000)
        #expect(await eventually { await plant.uplink.send(batch) == .acknowledged(through: SequenceNumber(1)) })
        try await state(false, 2000)
        let lines = try await plant.lines("NDEATH", count: 1)
        #expect(lines.suffix(1).first?.hasPrefix("NDEATH bdSeq=") == true)
        #expect(await eventually { await isHeldBack() })
        try await state(true, 3000)
        #expect(await eventually { await plant.uplink.send(batch) == .acknowledged(through: SequenceNumber(1)) })
        #expect(try await plant.lines("DDATA", count: 2).last == "DDATA a value=1.0@\(Sample.milliseconds)")
        try await plant.stop()
    }

    @Test func `thousands of records in mid-drain keep their numbers, their aliases and their order`() async throws {
        let plant = try await Plant()
        let count: UInt64 = 3000
        let records = (1...count).map { record($0, "d\($0 % 37)", "{\"n\":\($0),\"m\($0 % 5)\":true}") }
        var next = 0
        while next < records.count {
            let batch = Sample.batch(Array(records[next..<min(next + 500, records.count)]))
            if next == 1000 { plant.relay.become(.cut, afterBytesToServer: 5_000) }
            if case .acknowledged(let sequence) = await plant.uplink.send(batch) { next = Int(sequence.rawValue) }
            plant.relay.behaviour = .passing
        }
        let lines = try await plant.lines("DDATA", count: records.count)
        let numbers = lines.compactMap { line in
            line.firstMatch(of: /n=([0-9]+)\.0@/).flatMap { UInt64($0.1) }
        }
        #expect(Set(numbers).count == Int(count))
        var seen: Set<UInt64> = []
        #expect(numbers.filter { seen.insert($0).inserted } == Array(1...count))
        try await plant.stop()
    }
}
