import AgentTestKit
import FoundationEssentials
import Glibc
import LogStore
import MQTTTransport
import Records
import Synchronization
import Testing

/// `millrace audit` at the centre, and `millrace replay` at the gateway, as a person runs them.
struct AuditTests {
    /// What the command prints with `--json`.
    private struct Report: Decodable {
        struct Stream: Decodable {
            let gateway: String
            let stream: String
            let gaps: [String]
            let lostReasons: [String: UInt64]
        }

        let verdict: String
        let unreadable: UInt64
        let received: UInt64
        let distinct: UInt64
        let duplicates: UInt64
        let replayed: UInt64
        let outOfOrder: UInt64
        let lost: UInt64
        let lostButReceived: UInt64
        let filtered: UInt64
        let missing: UInt64
        let streams: [Stream]
    }

    /// An audit that listens.
    private final class Auditor: Sendable {
        private let folder: TemporaryFolder
        private let process: ChildProcess

        /// Returns when its subscription is granted; the broker logs those.
        init(_ broker: Broker, _ arguments: String...) async throws {
            let folder = try TemporaryFolder("audit")
            self.folder = folder
            process = try ChildProcess(
                RunningAgent.program,
                [
                    "audit", "--url", "mqtt://127.0.0.1:\(broker.port)", "--client-id", "the-audit", "--json",
                    "--interval", "200ms",
                ] + arguments, output: .file(folder.file("report")))
            guard await eventually({ broker.log.contains("the-audit 1 gateways/#") }) else {
                throw TestKitError("the audit does not subscribe: \(folder.read("report"))")
            }
        }

        /// Waits until it has found something, ends it, and gives what it has found and its exit code.
        func finish(when isFound: (Report) -> Bool) async throws -> (Report, Int32) {
            _ = await eventually { latest.map(isFound) ?? false }
            process.kill(SIGTERM)
            guard case .exited(let code)? = await process.wait(), let report = latest else {
                throw TestKitError("the audit gives no report: \(folder.read("report"))")
            }
            return (report, code)
        }

        /// The last report that it has written whole; nil before the first.
        private var latest: Report? {
            let lines = folder.read("report").split(separator: "\n", omittingEmptySubsequences: false).dropLast()
            return lines.last.flatMap { try? JSONDecoder().decode(Report.self, from: Data($0.utf8)) }
        }
    }

    private static var centre: Broker.Options {
        var options = Broker.Options()
        options.lines = ["log_type subscribe"]
        return options
    }

    private static func uplink(of agent: RunningAgent) throws -> LogStatistics.Uplink {
        try #require(try agent.statistics().uplinks[UplinkName("central")!]?[.telemetry])
    }

    @Test(arguments: ["raw", "cloudevents", "json", "senml-cbor"])
    func `P3 P7 an audit finds exactly what a kill sent twice and what an overflowing ring lost`(format: String)
        async throws
    {
        var options = RunningAgent.Options()
        options.capacity = "4MiB"
        options.hasUplink = false
        options.isInMemory = true
        let agent = try await RunningAgent(options, centre: Self.centre)
        let relay = try Relay(to: agent.centre.port)
        relay.behaviour = .cut
        try agent.addUplink(port: relay.port, "format = \"\(format)\"")
        let auditor = try await Auditor(agent.centre, "--from-start")
        let (witness, sensor) = (try await agent.addWitness(), try await Sensor(agent.floor))
        try agent.start()
        try await agent.waitUntilReceiving()
        let count = 5000
        try await sensor.publish(0..<count, size: 4096)
        #expect(await witness.receives(count - 1..<count))
        // What arrives is confirmed, but nobody hears of it: after the kill it is sent again.
        relay.behaviour = .throttled(bytesPerSecond: 400_000)
        let isUnderWay = await eventually { relay.traffic.toServer > 600_000 }
        #expect(isUnderWay)
        try await agent.kill()
        relay.behaviour = .passing
        try agent.start()
        try await agent.waitUntilReceiving()
        try await sensor.publish(count..<count + 10)
        #expect(await witness.receives(count..<count + 10))
        #expect(try await agent.stop() == .exited(0))
        // What is held at the end goes out after the next start, with nothing new behind it.
        var numbers = try Self.uplink(of: agent)
        while numbers.held > 0 {
            try agent.start()
            guard await agent.hasLogged("central: delivering") else { throw TestKitError("\(agent.logText)") }
            try await agent.stop()
            numbers = try Self.uplink(of: agent)
        }
        let (report, code) = try await auditor.finish {
            $0.lost == numbers.lost && $0.distinct - $0.lostButReceived == numbers.forwarded
        }
        #expect(numbers.accepted == UInt64(count + 10) && numbers.lost > 0)
        #expect(report.verdict == "lost" && code == 2)
        // What was on its way at the kill, and overwritten before it was sent again, is both.
        #expect(report.distinct - report.lostButReceived == numbers.forwarded)
        #expect(report.lost == numbers.lost && report.missing == 0 && report.unreadable == 0)
        #expect(report.received == report.distinct + report.duplicates)
        #expect(report.streams.map(\.gateway) == [RunningAgent.gateway])
        #expect(report.streams.first?.lostReasons == ["overwritten": report.lost])
        #expect(report.streams.first?.gaps == [])
    }

    @Test func `P3 with filters and a kill an audit misses nothing, and a replay brings what they left out`()
        async throws
    {
        var options = RunningAgent.Options()
        options.isInMemory = true
        options.uplinkLines += [
            "filters = [{ topics = \"sensors/dev-3\", keep = \"none\" }, "
                + "{ topics = \"sensors/#\", keep = \"sample\", every = \"200ms\" }]"
        ]
        let agent = try await RunningAgent(options, centre: Self.centre)
        let auditor = try await Auditor(agent.centre, "--from-start")
        let (witness, sensor) = (try await agent.addWitness(), try await Sensor(agent.floor))
        try agent.start()
        try await agent.waitUntilReceiving()
        for start in stride(from: 0, to: 3000, by: 100) { try await sensor.publish(start..<start + 100) }
        try await agent.kill()
        try agent.start()
        try await agent.waitUntilReceiving()
        for start in stride(from: 3000, to: 4000, by: 100) { try await sensor.publish(start..<start + 100) }
        // Of a topic that has not been heard of for long enough, so that it ends what was left out.
        let isOver = await eventually { witness.numbers.contains(3999) }
        #expect(isOver)
        try await sensor.publish(topic: "sensors/last", payload: Array("4000".utf8))
        #expect(await witness.receives(4000..<4001))
        let replay = try await Command.run(
            "replay", "--log", agent.logFolder, "--uplink", "central", "--from", "101", "--to", "200",
            "--unfiltered", "--wait")
        #expect(replay.ending == .exited(0) && replay.output.contains("100 records sent, 0 missing, 0 refused"))
        let refused = try await Command.run("replay", "--log", agent.logFolder, "--uplink", "other", "--wait")
        #expect(refused.ending == .exited(1) && refused.output.contains("there is no uplink other"))
        #expect(try await agent.stop() == .exited(0))
        let left = try await Command.run("replay", "--log", agent.logFolder, "--uplink", "central", "--to", "50")
        #expect(left.ending == .exited(0))
        try agent.start()
        try await agent.waitUntilReceiving()
        #expect(await agent.hasLogged("a replay is done"), "\(agent.logText)")
        #expect(try await agent.stop() == .exited(0))
        let numbers = try Self.uplink(of: agent)
        let (report, code) = try await auditor.finish { $0.distinct + $0.filtered == numbers.accepted }
        #expect(numbers.accepted == numbers.forwarded + numbers.filtered && numbers.held == 0)
        #expect(numbers.filtered > 3000 && numbers.accepted >= 4001)
        #expect(report.verdict == "complete" && code == 0 && report.missing == 0 && report.lost == 0)
        // Of the 150 that were replayed, those that had been left out are new at the centre.
        #expect(report.distinct + report.filtered == numbers.accepted)
        #expect(report.replayed > 0 && report.replayed < 150)
        #expect(report.outOfOrder == 0)
    }

    @Test func `records that are missing, and messages without an identity, are found`() async throws {
        let broker = try await Broker(Self.centre)
        let auditor = try await Auditor(broker)
        let publisher = try MQTTPublisher(
            configuration: .quick(port: broker.port, clientID: "gateway"), onEvent: { _ in })
        try publisher.start()
        #expect(await publisher.waitUntilConnected())
        let identities: [String?] = [5, 6, 9, 9, 8].map { "gw/telemetry/00000100000000ab/\($0)" } + [nil]
        let report = await publisher.publish(count: identities.count) { index in
            var properties = MQTTProperties()
            if let id = identities[index] { properties.userProperties = [.init(name: "id", value: id)] }
            return MQTTMessage(topic: "gateways/gw/t", payload: Array("1".utf8)[...], properties: properties)
        }
        #expect(report.confirmed == identities.count)
        await publisher.stop()
        let (found, code) = try await auditor.finish { $0.received == 5 && $0.unreadable == 1 }
        #expect(code == 1 && found.verdict == "incomplete" && found.unreadable == 1)
        #expect(found.received == 5 && found.distinct == 4 && found.duplicates == 1 && found.outOfOrder == 1)
        #expect(found.missing == 1 && found.streams.first?.gaps == ["gw/telemetry/00000100000000ab/7-7"])
    }

    @Test func `an audit that hears nothing, or reaches nobody, says so in its exit code`() async throws {
        let broker = try await Broker()
        let url = "mqtt://127.0.0.1:\(broker.port)"
        let silent = try await Command.run("audit", "--url", url, "--once", "--quiet", "300ms")
        #expect(silent.ending == .exited(3) && silent.output.contains("nothing arrived"))
        for (arguments, message) in [
            (["--url", "http://h"], "--url: "), (["--url", url, "--password-file", "x"], "needs --username"),
            (["--url", url, "--topic", "a/#/b"], "no topic filter"), (["--url", url, "--ca", "ca.pem"], "mqtts://"),
            (["--url", url, "--username", "u", "--password-file", "/nonexistent"], "/nonexistent"),
        ] {
            let refused = try await Command.run(["audit"] + arguments)
            #expect(refused.ending != .exited(0) && refused.output.contains(message), "\(refused.output)")
        }
    }

    @Test(.enabled(if: KafkaCluster.isInstalled, "needs librdkafka-dev, cc and kcat"), arguments: ["raw", "json"])
    func `P3 P7 a Kafka cluster is audited from its oldest message on, in every epoch and partition`(
        format: String
    ) async throws {
        let cluster = try await KafkaCluster()
        try await cluster.makeTopic("telemetry", partitions: 3)
        var options = RunningAgent.Options()
        options.hasUplink = false
        options.tables = [
            "[uplinks.lake]", "url = \"kafka://\(cluster.brokers.joined(separator: ","))\"", "topic = \"telemetry\"",
            "format = \"\(format)\"", "retry_min = \"100ms\"", "retry_max = \"1s\"",
        ]
        let agent = try await RunningAgent(options)
        try agent.start()
        try await agent.waitUntilReceiving()
        let load = try await KillLoad(to: agent.floor)
        try await load.publish(500)
        try await agent.kill()
        try agent.start()
        try await load.publish(500)
        let isThere = try await eventually(within: .seconds(60)) {
            try await Self.audit(cluster).report.distinct >= 1000
        }
        #expect(isThere, "\(agent.currentLogText)")
        #expect(try await agent.stop() == .exited(0))
        await load.stop()
        let accepted = try #require(try agent.statistics().uplinks[UplinkName("lake")!]?[.telemetry]).accepted

        let (report, ending) = try await Self.audit(cluster)
        #expect(ending == .exited(0) && report.verdict == "complete", "\(report)")
        #expect(report.distinct == accepted && report.missing == 0 && report.unreadable == 0)
        #expect(report.received == report.distinct + report.duplicates)
    }

    private static func audit(_ cluster: KafkaCluster) async throws -> (report: Report, ending: ChildProcess.Ending?) {
        let result = try await Command.run(
            "audit", "--url", "kafka://\(cluster.brokers[0])", "--topic", "telemetry", "--once", "--quiet", "1s",
            "--json", "--from-start")
        let line = try #require(result.output.split(separator: "\n").last, "\(result)")
        return (try JSONDecoder().decode(Report.self, from: Data(line.utf8)), result.ending)
    }

    @Test func `what is no topic, and a cluster that is not there, are told`() async throws {
        let nameless = try await Command.run("audit", "--url", "kafka://127.0.0.1:9")
        #expect(nameless.ending == .exited(64) && nameless.output.contains("--topic NAME"))
    }
}
